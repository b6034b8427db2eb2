bench_steps() {
	mkdir -p "$dir/steps"
	for n in 1 41; do
		mkdir -p "$dir/steps$n"
		echo "local s = from 'busybox'
for i = 1, $n do s = s:run({ 'true', tostring(i) }, { network = 'none' }) end
return s" >"$dir/steps$n/recipe.lua"
	done
	best=
	floor=
	for _ in 1 2 3 4 5; do
		few=$(once "$lamina" build --no-cache -q "$dir/steps1")
		many=$(once "$lamina" build --no-cache -q "$dir/steps41")
		rm -rf "$dir/scratch"
		mkdir "$dir/scratch"
		best="$best $(awk "BEGIN { print ($many - $few) / 40 }")"
		floor="$floor $("$dir/floor" "$dir/root" "$dir/scratch" 40 net /bin/true)"
	done
	middle() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }
	# shellcheck disable=SC2086
	row steps 'one run step of 40' "$(middle $best)" "$(middle $floor)" '<= 2x the floor in C'
}
