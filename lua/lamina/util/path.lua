--- Paths as text, with the meaning of Go's package path. Nothing here looks at a disk.
local path = {}

--- The shortest equal path: no empty, "." or inner ".." elements; "" becomes ".".
-- The input may come from outside: work and memory are linear in its length.
function path.clean(p)
  local rooted = p:sub(1, 1) == "/"
  local kept, depth = {}, 0 -- depth: elements in kept that a ".." may take away
  for element in p:gmatch("[^/]+") do
    if element == ".." then
      if depth > 0 then
        kept[#kept], depth = nil, depth - 1
      elseif not rooted then
        kept[#kept + 1] = ".."
      end
    elseif element ~= "." then
      kept[#kept + 1], depth = element, depth + 1
    end
  end
  local joined = table.concat(kept, "/")
  if rooted then return "/" .. joined end
  return joined == "" and "." or joined
end

--- Joins the non-empty parts and cleans the result; "" if there is none.
function path.join(...)
  local parts = {}
  for _, part in ipairs { ... } do
    if part ~= "" then parts[#parts + 1] = part end
  end
  if #parts == 0 then return "" end
  return path.clean(table.concat(parts, "/"))
end

--- Everything up to and with the last slash, and the rest.
function path.split(p)
  local dir, file = p:match("^(.*/)([^/]*)$")
  return dir or "", file or p
end

function path.dirname(p)
  return path.clean((path.split(p)))
end

--- The last element, without trailing slashes; "/" for the root, "." for "".
function path.basename(p)
  if p == "" then return "." end
  return p:match("([^/]+)/*$") or "/"
end

function path.is_absolute(p)
  return p:sub(1, 1) == "/"
end

return path
