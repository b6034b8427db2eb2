--- What a step may say to the caller's agent: ask for its keys, and for signatures. Whatever else
-- there is would change what the agent holds, which is its owner's business alone.
--
-- A message is its length, four bytes with the highest first, then its kind, one byte, and more
-- of it (draft-miller-ssh-agent).
local message = {}

local allowed = { [11] = true, [13] = true } -- REQUEST_IDENTITIES, SIGN_REQUEST

local longest = 256 * 1024 -- as OpenSSH's agent has it

--- What an agent answers to what it doesn't do (SSH_AGENT_FAILURE).
message.refusal = "\0\0\0\1\5"

--- Splits bytes into what goes on to the agent, how many messages are refused, and what is left:
-- the beginning of a further message. nil where the bytes are no messages.
function message.split(bytes)
  local passed, refused, at = {}, 0, 1
  while #bytes - at >= 4 do
    local size, kind = (">I4B"):unpack(bytes, at)
    if size < 1 or size > longest then return nil end
    local behind = at + 4 + size
    if behind > #bytes + 1 then break end
    if allowed[kind] then
      passed[#passed + 1] = bytes:sub(at, behind - 1)
    else
      refused = refused + 1
    end
    at = behind
  end
  return table.concat(passed), refused, bytes:sub(at)
end

return message
