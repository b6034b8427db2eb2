--- Names for containers that were given none: an adjective and a noun from the workshop.
local names = {}

local adjectives = {
  "able", "amber", "brisk", "calm", "clear", "clever", "deft", "eager", "even", "fair", "fine",
  "firm", "fleet", "fond", "frank", "gentle", "glad", "golden", "grand", "handy", "happy", "honest",
  "jolly", "keen", "kind", "lively", "lucid", "mellow", "merry", "mild", "neat", "nimble", "noble",
  "patient", "plain", "proud", "quick", "quiet", "ready", "sharp", "silent", "sober", "solid",
  "spry", "steady", "still", "sturdy", "subtle", "swift", "tidy", "true", "vivid", "warm", "wise",
}
local nouns = {
  "adze", "anvil", "awl", "bellows", "bench", "bevel", "bobbin", "brace", "burin", "caliper",
  "chisel", "clamp", "compass", "crane", "distaff", "dowel", "easel", "file", "flask", "forge",
  "gauge", "gimlet", "hammer", "jig", "kiln", "ladle", "lathe", "lever", "loom", "mallet", "mortar",
  "needle", "palette", "pestle", "plane", "pliers", "plumb", "press", "pulley", "rasp", "reel",
  "rivet", "saw", "shuttle", "sickle", "spade", "spindle", "spool", "square", "tongs", "trowel",
  "vise", "wedge", "wheel", "winch", "wrench",
}

--- A name out of random bytes; `attempt` above 1 adds a number.
function names.generate(bytes, attempt)
  local a, b = bytes:byte(1, 2)
  local name = adjectives[a % #adjectives + 1] .. "_" .. nouns[b % #nouns + 1]
  return attempt > 1 and name .. attempt or name
end

return names
