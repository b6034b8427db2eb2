# What is pulled and pushed, by lamina and by the tools that are installed, in turns: podman, buildah,
# and skopeo as one that pushes blobs as they are kept (W6). Each line of $dir/figures is
#
#	WORK WHO MILLISECONDS KIB
# serve_registry DIR: a registry on loopback with nothing in it; sets $host, and $registry to its pid.
serve_registry() {
	mkdir -p "$1/data"
	cat >"$1/config.yml" <<-Y
		version: 0.1
		log: { level: info }
		storage: { filesystem: { rootdirectory: $1/data } }
		http: { addr: 127.0.0.1:0 }
	Y
	docker-registry serve "$1/config.yml" >"$1/log" 2>&1 &
	registry=$!
	while ! host=$(sed -n 's/.*listening on \(127[.0-9]*:[0-9]*\).*/\1/p' "$1/log") || [ -z "$host" ]; do
		sleep 0.05
	done
}

stop_registry() {
	kill "$registry"
	wait "$registry" 2>/dev/null || :
	rm -rf "$1"
}

# Five layers of 160 MB, half of it random.
make_files() {
	mkdir -p "$1"
	for n in 1 2 3 4 5; do
		head -c 80000000 /dev/urandom >"$1/$n"
		yes "line of a file of layer $n, which compresses well" | head -c 80000000 >>"$1/$n"
	done
	echo 'local s = from "busybox"
for n = 1, 5 do s = s:copy(tostring(n), "/" .. n) end
return s' >"$1/recipe.lua"
}

# In a store of its own: what was compressed once is kept for the next push.
make_image() {
	rm -rf "$dir/fresh"
	LAMINA_ROOT=$dir/fresh "$lamina" import "$dir/root.tar" busybox >/dev/null
	LAMINA_ROOT=$dir/fresh "$lamina" build -q -t big "$dir/five" >/dev/null
}

# measured WORK WHO COMMAND...: what was written before is on the disk by then.
measured() {
	figure="$1 $2"
	shift 2
	sync
	"$dir/peak" "$@" >"$dir/peaked" 2>"$dir/log" ||
		{ echo "bench: failed: $*" >&2; tail -5 "$dir/log" >&2; return 1; }
	echo "$figure $(cat "$dir/peaked")" >>"$dir/figures"
}

empty_registry() {
	[ -z "${registry:-}" ] || stop_registry "$dir/reg"
	serve_registry "$dir/reg"
}

# lamina_round: pushes an image that it has built, pushes the same blobs again, and pulls them.
lamina_round() {
	make_image
	empty_registry
	measured push lamina env "LAMINA_ROOT=$dir/fresh" "$lamina" push -q big "$host/big:v1"
	empty_registry
	measured kept lamina env "LAMINA_ROOT=$dir/fresh" "$lamina" push -q big "$host/big:v1"
	rm -rf "$dir/other"
	measured pull lamina env "LAMINA_ROOT=$dir/other" "$lamina" pull -q "$host/big:v1"
}

# peer_round TOOL: pulls an image, and pushes it into another, empty registry.
peer_round() {
	command -v "$1" >/dev/null || return 0
	name=$host/big:v1
	# shellcheck disable=SC2086
	measured pull "$1" "$1" $own pull -q --tls-verify=false "$name"
	other_registry=$registry
	serve_registry "$dir/reg2"
	# shellcheck disable=SC2086
	measured push "$1" "$1" $own push -q --tls-verify=false "$name" "$host/big:v1"
	stop_registry "$dir/reg2"
	registry=$other_registry host=${name%/big:v1}
	# shellcheck disable=SC2086
	"$1" $own rmi -a -f >/dev/null 2>&1
}

# skopeo_round: pushes blobs as they came, out of a folder.
skopeo_round() {
	command -v skopeo >/dev/null || return 0
	rm -rf "$dir/kept"
	skopeo copy -q --src-tls-verify=false "docker://$host/big:v1" "dir:$dir/kept"
	empty_registry
	measured kept skopeo skopeo copy -q --dest-tls-verify=false "dir:$dir/kept" "docker://$host/big:v1"
}

# best WORK lamina|peers COLUMN: the least figure of all rounds, 0 without one.
best() {
	awk -v work="$1" -v who="$2" -v column="$3" '
		$1 == work && ($2 == "lamina") == (who == "lamina") && (!least || $column < least) {
			least = $column }
		END { print least + 0 }' "$dir/figures"
}

registry_rows() {
	row registry "$2, ms" "$(best "$1" lamina 3)" "$(best "$1" peers 3)" "$3 of the best peer"
	row registry "$2, MiB" "$(best "$1" lamina 4 | awk '{ print $1 / 1024 }')" \
		"$(best "$1" peers 4 | awk '{ print $1 / 1024 }')" '< 1x of any peer'
}

bench_registry() {
	make_files "$dir/five"
	"${CC:-cc}" -O2 -o "$dir/peak" "$top/tests/bench/peak.c"
	: >"$dir/figures"
	for _ in 1 2 3; do
		lamina_round
		for tool in podman buildah; do
			own="--root $dir/$tool --runroot $dir/$tool-run"
			peer_round "$tool"
		done
		skopeo_round
	done
	stop_registry "$dir/reg"
	registry_rows pull 'pull, 800 MB, 5 gzip layers' '<= 0.4x'
	registry_rows push 'push, compressing' '<= 0.5x'
	registry_rows kept 'push of kept blobs' '<= 0.6x'
	for tool in podman buildah; do umount "$dir/$tool/overlay" 2>/dev/null || :; done
	rm -rf "$dir/five" "$dir/other" "$dir/fresh" "$dir/kept" "$dir/podman"* "$dir/buildah"*
}
