--- Licences as SPDX writes them: an expression of known identifiers, or the text under a name of
-- our own (SPDX 2.3, annex D and clause 10).
local licence = {}

-- What distributions write most; anything else is kept as text, which says no less.
local known = {}
for id in ([[0BSD AGPL-3.0-only AGPL-3.0-or-later Apache-1.1 Apache-2.0 Artistic-1.0-Perl
  Artistic-2.0 BSD-1-Clause BSD-2-Clause BSD-3-Clause BSD-4-Clause BSL-1.0 bzip2-1.0.6 CC-BY-4.0
  CC-BY-SA-4.0 CC0-1.0 curl EPL-2.0 FTL GFDL-1.3-or-later GPL-1.0-or-later GPL-2.0-only
  GPL-2.0-or-later GPL-3.0-only GPL-3.0-or-later HPND ICU IJG ISC LGPL-2.0-only LGPL-2.0-or-later
  LGPL-2.1-only LGPL-2.1-or-later LGPL-3.0-only LGPL-3.0-or-later libtiff MIT MIT-0 MPL-1.1
  MPL-2.0 NCSA OFL-1.1 OpenSSL PostgreSQL PSF-2.0 Python-2.0 Ruby Sleepycat TCL Unicode-DFS-2016
  Unlicense Vim W3C WTFPL X11 Zlib ZPL-2.1
  Autoconf-exception-3.0 Bison-exception-2.2 Classpath-exception-2.0 GCC-exception-3.1
  Linux-syscall-note LLVM-exception OpenSSL-exception]]):gmatch "%S+" do
  known[id] = true
end

local operators = { AND = true, OR = true, WITH = true }

--- Whether a text is an expression of identifiers we know: "MIT AND (GPL-2.0-only OR Zlib)".
local function is_expression(text)
  local depth, wants_id = 0, true
  for word in text:gsub("[()]", " %0 "):gmatch "%S+" do
    if word == "(" and wants_id then
      depth = depth + 1
    elseif word == ")" and not wants_id and depth > 0 then
      depth = depth - 1
    elseif wants_id ~= (known[word] or false) or not (wants_id or operators[word]) then
      return false
    else
      wants_id = not wants_id
    end
  end
  return depth == 0 and not wants_id
end

--- What stands for a package's licence; `own` collects the texts that need a name of ours:
-- { list of { licenseId =, extractedText = }, by text }.
function licence.declared(text, own)
  if not text or text == "" then return "NOASSERTION" end
  if is_expression(text) then return text end
  if not own[text] then
    own[text] = ("LicenseRef-%d"):format(#own + 1)
    own[#own + 1] = { licenseId = own[text], extractedText = text }
  end
  return own[text]
end

return licence
