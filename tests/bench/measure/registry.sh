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

podman_here() { podman --root "$dir/pod" --runroot "$dir/podrun" "$@"; }

# peer_round NAME: podman pulls an image, and pushes it into another, empty registry.
peer_round() {
	command -v podman >/dev/null || return 0
	peer_pulls="$peer_pulls $(once podman_here pull -q --tls-verify=false "$1")"
	stop_registry "$dir/reg"
	serve_registry "$dir/reg"
	peer_pushes="$peer_pushes $(once podman_here push -q --tls-verify=false "$1" "$host/big:v1")"
	podman_here rmi -a -f >/dev/null 2>&1
}

least() { printf '%s\n' "$@" | sort -n | head -n 1; }

bench_registry() {
	make_files "$dir/five"
	pushes= pulls= peer_pushes= peer_pulls=
	for _ in 1 2 3; do
		make_image
		serve_registry "$dir/reg"
		pushes="$pushes $(LAMINA_ROOT=$dir/fresh once "$lamina" push -q big "$host/big:v1")"
		rm -rf "$dir/other"
		pulls="$pulls $(LAMINA_ROOT=$dir/other once "$lamina" pull -q "$host/big:v1")"
		peer_round "$host/big:v1"
		stop_registry "$dir/reg"
	done
	# shellcheck disable=SC2086
	row registry 'pull of 800 MB, 5 gzip layers' "$(least $pulls)" "$(least ${peer_pulls:-0})" \
		'<= 0.4x the best peer (podman here)'
	# shellcheck disable=SC2086
	row registry 'push of the same, compressing' "$(least $pushes)" "$(least ${peer_pushes:-0})" \
		'<= 0.5x the best peer (podman here)'
	umount "$dir/pod/overlay" 2>/dev/null || :
	rm -rf "$dir/five" "$dir/other" "$dir/fresh" "$dir/pod" "$dir/podrun"
}
