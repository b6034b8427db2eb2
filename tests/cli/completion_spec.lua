local fixtures = require "support.fixtures"
local helper = require "support.helper"

describe("lamina completion", function()
  local lamina, dir

  setup(function()
    lamina, dir = fixtures.busybox_store(), helper.tmpdir()
    lamina:ok("tag", "busybox", "localhost:5000/a:v1")
    lamina:ok("run", "--name", "one", "busybox", "true")
    helper.write(dir .. "/lamina", ("#!/bin/sh\nexec %s \"$@\"\n"):format(lamina:line()))
    helper.write(dir .. "/root.tar", "")
    helper.sh("chmod +x " .. dir .. "/lamina")
    for _, shell in ipairs { "bash", "fish", "zsh" } do
      helper.write(dir .. "/" .. shell, lamina:ok("completion", shell))
    end
  end)

  teardown(helper.cleanup)

  --- What bash offers for a line, sorted, on one line.
  local function bash(line)
    local script = ([=[
      cd DIR; PATH=DIR:$PATH; set -u
      source DIR/bash
      COMP_WORDBREAKS=$' \t\n"\'><=;|&(:' COMP_LINE=WORDS COMP_POINT=${#COMP_LINE}
      complete -p lamina >/dev/null && _lamina && printf '%s\n' "${COMPREPLY[@]}" | sort]=])
      :gsub("DIR", dir):gsub("WORDS", (helper.quote(line):gsub("%%", "%%%%")))
    local status, out, err = helper.sh("bash -c " .. helper.quote(script))
    assert.equal("", err)
    assert.equal(0, status)
    return (out:gsub("\n$", ""):gsub("\n", " "))
  end

  it("completes commands and options in bash", function()
    assert.equal("images import", bash "lamina im")
    assert.equal("images import", bash "lamina --root /x --debug im")
    assert.equal("--no-trunc", bash "lamina images --no-t")
    assert.equal("--filter", bash "lamina ps -a --fil")
    assert.equal("container image", bash "lamina inspect --type ")
    assert.equal("bash", bash "lamina completion b")
    assert.equal("export import ls rm", bash "lamina cache ")
    assert.equal("root.tar", bash "lamina cache import r")
    assert.equal("root.tar", bash "lamina cache rm x y r")
    assert.equal("history", bash "lamina help his")
    assert.equal("", bash "lamina nonsense x")
    assert.equal("", bash "lamina ps ")
  end)

  it("completes names of containers, images and files in bash", function()
    assert.equal("one", bash "lamina rm ")
    assert.equal("one", bash "lamina rm --force one o")
    assert.equal("one", bash "lamina rm a b c o")
    assert.equal("one", bash "lamina exec -it --user root o")
    assert.equal("", bash "lamina exec one o")
    assert.equal("busybox:latest", bash "lamina history b")
    assert.equal("5000/a:v1", bash "lamina rmi localhost:") -- what stands before a ":" stays
    assert.equal("one", bash "lamina inspect o")
    assert.equal("root.tar", bash "lamina import ro")
    assert.equal("root.tar", bash "lamina export --output r")
    for _, line in ipairs { "load r", "check r", "expand r", "cp r", "cp x r", "build r" } do
      assert.equal("root.tar", bash("lamina " .. line), line)
    end
  end)

  it("completes in fish", function()
    if helper.sh("command -v fish") ~= 0 then return pending "fish isn't installed" end
    local function fish(line)
      local script = ("set -x PATH %s $PATH; source %s/fish; complete -C %s"):format(dir, dir,
        helper.quote(line))
      local status, out, err = helper.sh("HOME=" .. dir .. " fish -c " .. helper.quote(script))
      assert.equal(0, status, err)
      return out
    end
    assert.equal("images\tList images\n", fish "lamina imag")
    assert.matches("^%-%-no%-trunc\t", fish "lamina images --no-t")
    assert.equal("container\nimage\n", (fish("lamina inspect --type "):gsub("\t[^\n]*", "")))
    assert.equal("one\n", fish "lamina rm o")
    assert.equal("busybox:latest\n", fish "lamina history bus")
    assert.matches("^import\n", fish "lamina cache imp")
    assert.matches("root.tar", fish("lamina cache import " .. dir .. "/ro"), 1, true)
    assert.matches("root.tar", fish("lamina cp " .. dir .. "/ro"), 1, true)
  end)

  it("is taken by zsh", function()
    if helper.sh("command -v zsh") ~= 0 then return pending "zsh isn't installed" end
    local status, out, err = helper.sh(("HOME=%s zsh -fc %s"):format(dir, helper.quote(
      ("autoload -Uz compinit; compinit -D -u; source %s/zsh; print $_comps[lamina]"):format(dir))))
    assert.equal("", err)
    assert.equal(0, status)
    assert.equal("_lamina\n", out)
  end)

  it("refuses another shell", function()
    local status, out, err = lamina("completion", "bsh")
    assert.equal(2, status)
    assert.equal("", out)
    assert.equal("lamina: completion: no completion for 'bsh'\nhint: did you mean 'bash'?\n", err)
    local _, _, far = lamina("completion", "powershell")
    assert.matches("hint: there is one for bash, fish, zsh\n", far, 1, true)
  end)

  it("has an example that works", function()
    local script = ("PATH=%s:$PATH; %s; complete -p lamina"):format(dir,
      require("lamina.cli.cmd.completion").example)
    local status, out = helper.sh("bash -c " .. helper.quote(script))
    assert.equal(0, status)
    assert.equal("complete -F _lamina lamina\n", out)
  end)
end)
