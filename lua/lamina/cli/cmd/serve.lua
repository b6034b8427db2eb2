local serve = require "lamina.registry.serve.serve"

return {
  name = "serve",
  summary = "Let others on this machine pull from the store",
  usage = "serve [OPTIONS]",
  help = [[
A registry over the store that can only be read, on a loopback address, until it is interrupted:
Docker and podman pull what they miss and nothing else. Names are those of the store: its
debian:bookworm is ADDRESS/debian:bookworm there.]],
  example = "lamina serve --address 127.0.0.1:5000",
  options = {
    { long = "address", value = "HOST:PORT", default = "127.0.0.1:5000",
      help = "where to listen; port 0 is any that is free" },
  },
  needs = "store",
  run = function(context)
    serve.run(context.store, context.options.address, function(address)
      context.out:line("%s", address)
      context.out:flush()
    end)
  end,
}
