bench_cached() {
	mkdir -p "$dir/context"
	for d in $(seq 20); do
		mkdir -p "$dir/context/d$d"
		for f in $(seq 100); do echo "$d $f" >"$dir/context/d$d/f$f"; done
	done
	cat >"$dir/context/recipe.lua" <<-'R'
		local s = from "busybox":env { A = "1" }:workdir "/app"
		for i = 1, 3 do s = s:copy("d" .. i, "/app/d" .. i .. "/") end
		for i = 1, 6 do s = s:run("true " .. i) end
		return image(s:cmd { "true" }, { name = "bench/cached" })
	R
	"$lamina" build "$dir/context" >/dev/null 2>&1
	sleep 3 # a file changed in the last two seconds is hashed again
	"$lamina" build "$dir/context" >/dev/null 2>&1
	row cached 'build of 12 cached steps' "$(median 50 "$lamina build -q $dir/context")" \
		"$(median 20 "find $dir/context -printf %s")" '< 20 ms'
	if command -v buildah >/dev/null; then
		printf 'FROM localhost/busybox\nENV A=1\nWORKDIR /app\n' >"$dir/Dockerfile"
		for i in 1 2 3; do echo "COPY d$i /app/d$i/"; done >>"$dir/Dockerfile"
		for i in 1 2 3 4 5 6; do echo "RUN true $i"; done >>"$dir/Dockerfile"
		echo 'CMD ["true"]' >>"$dir/Dockerfile"
		peer="buildah --root $dir/peer --runroot $dir/peerrun --storage-driver overlay"
		$peer from --name base scratch >/dev/null 2>&1 && $peer add base "$dir/root.tar" / >/dev/null 2>&1 &&
			$peer commit base localhost/busybox >/dev/null 2>&1 || return 0
		build="$peer build --layers --isolation chroot -f $dir/Dockerfile $dir/context"
		if once $build >/dev/null; then
			row cached 'lamina beside buildah' "$(median 10 "$lamina build -q $dir/context")" \
				"$(median 3 "$build")" '<= 1/12 of BuildKit'
		fi
	fi
}
