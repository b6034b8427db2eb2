--- Whether a host, as URLs have it, with or without a port, is this machine by a name that nobody
-- else can give it.
return function(host)
  local name = host:gsub(":%d+$", "")
  return name == "localhost" or name == "[::1]" or name:find("^127%.%d+%.%d+%.%d+$") ~= nil
end
