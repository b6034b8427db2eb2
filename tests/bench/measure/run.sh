bench_run() {
	mine=$(median 20 "$lamina run --rm --network none busybox true")
	rm -rf "$dir/scratch"
	mkdir "$dir/scratch"
	row run 'lamina run --rm true' "$mine" \
		"$("$dir/floor" "$dir/root" "$dir/scratch" 40 net /bin/true)" '<= crun'
	if command -v crun >/dev/null; then
		mkdir -p "$dir/bundle"
		cp -a "$dir/root" "$dir/bundle/rootfs"
		(cd "$dir/bundle" && crun spec && sed -i 's/"terminal": true/"terminal": false/; s/"sh"/"true"/' config.json)
		row run 'lamina beside crun' "$mine" "$(median 20 "crun run -b $dir/bundle bench$$")" '<= 1x' || :
	fi
}
