local checked = require "lamina.cli.checked"
local existing = require "lamina.cli.existing"
local lint = require "lamina.lint.lint"
local source = require "lamina.cli.source"
local uses = require "lamina.cli.uses"

local function show_rules(out)
  for _, rule in ipairs(lint.rules.list) do
    out:line("%-31s  %s%s", rule.name, rule.summary,
      rule.is_experimental and " (experimental)" or rule.level == "advice" and " (advice)" or "")
  end
end

local function run(context)
  if context.options.rules then return show_rules(context.out) end
  source.accept_file(context)
  context.options.check_format = context.options.format
  local given = source.options(context)
  local store <close> = existing.store(context)
  return checked.run(context, given, store)
end

return {
  name = "check",
  summary = "Look for mistakes in a Dockerfile or recipe",
  usage = "check [OPTIONS] [CONTEXT|FILE]",
  help = [[
Tells what a Dockerfile or recipe may say but hardly means, with the line, the reason and what
to write instead. A Dockerfile is looked through by BuildKit's rules, under their names; both are by
rules of our own about the image that comes out. `# check=skip=RULE,RULE;error=true` at the
top of a Dockerfile leaves rules out and makes warnings count as errors; `# check=skip=RULE` right
above an instruction is for that one. The exit status is 0, or 1 where warnings count as errors
and there are some. Advice never does.]],
  example = "lamina check --json -f Dockerfile .",
  arguments = { { name = "CONTEXT|FILE", kind = "file", optional = true } },
  options = {
    source.rows.build_arg,
    { long = "error", help = "warnings count as errors" },
    { long = "experimental", value = "RULE", many = true,
      help = "apply an experimental rule, too; 'all' for all of them" },
    { long = "file", short = "f", value = "FILE",
      help = "the Dockerfile or recipe; '-' reads standard input" },
    { long = "format", value = "KIND", choices = { "text", "json", "sarif" }, default = "text",
      help = "how findings are told" },
    { long = "json", help = "as JSON" },
    source.rows.platform,
    { long = "rules", help = "list the rules" },
    { long = "skip", value = "RULE[,RULE]", many = true, help = "leave rules out; 'all' for all" },
    uses.option,
  },
  needs = "loop",
  run = run,
}
