bench_steps() {
	mkdir -p "$dir/steps"
	for n in 1 41; do
		mkdir -p "$dir/steps$n"
		echo "local s = from 'busybox'
for i = 1, $n do s = s:run({ 'true', tostring(i) }, { network = 'none' }) end
return s" >"$dir/steps$n/recipe.lua"
	done
	# scattered as the store's tmp/ is, so that inodes which were freed before cost neither anything
	mkdir -p "$dir/floors"
	chattr +T "$dir/floors" 2>/dev/null || :
	best=
	floor=
	for round in 1 2 3 4 5; do
		few=$(once "$lamina" build --no-cache -q "$dir/steps1")
		many=$(once "$lamina" build --no-cache -q "$dir/steps41")
		mkdir "$dir/floors/$round"
		best="$best $(awk "BEGIN { print ($many - $few) / 40 }")"
		floor="$floor $("$dir/floor" "$dir/root" "$dir/floors/$round" 40 net /bin/true)"
	done
	middle() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }
	rm -rf "$dir/floors"
	# shellcheck disable=SC2086
	row steps 'one run step of 40' "$(middle $best)" "$(middle $floor)" '<= 2x the floor in C'
}
