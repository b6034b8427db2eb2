# Four stages that sleep two seconds, and a copy from each (W7).
bench_stages() {
	mkdir -p "$dir/stages"
	cat >"$dir/stages/recipe.lua" <<-'R'
		local s = from "busybox"
		for i = 1, 4 do
		  local one = from "busybox":run("sleep 2; echo " .. i .. " >/" .. i, { network = "none" })
		  s = s:copy("/" .. i, "/" .. i, { from = one })
		end
		return s
	R
	row stages '4 stages of sleep 2' "$(once "$lamina" build --no-cache -q "$dir/stages")" 2000 \
		'<= 2.03 s'
}
