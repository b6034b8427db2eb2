# A RUN that writes 1 GB, half random and half text: what it takes outside of the command, and the
# export with gzip and zstd (W5).
bench_write() {
	mkdir -p "$dir/write/in"
	head -c 500000000 /dev/urandom >"$dir/write/in/random"
	seq 1 70000000 | head -c 500000000 >"$dir/write/in/text"
	cat >"$dir/write/recipe.lua" <<-'R'
		local s = from "busybox":run("cp /in/* /var/tmp/ 2>/dev/null || cp /in/* /tmp/",
		  { network = "none", mounts = { bind { source = "in", target = "/in" } } })
		return image(s, { name = "bench/write" })
	R
	tar=$(once sh -c "tar -C $dir/write/in -cf - . | sha256sum")
	inside=$(once cp -r "$dir/write/in" "$dir/write/out")
	all=$(once "$lamina" build -q "$dir/write")
	row write '1 GB, outside of the command' "$(awk "BEGIN { print $all - $inside }")" "$tar" \
		'<= 1.2x hashing'
	sync # what was built is written back now, and not while it is exported
	floor=$(once sh -c "tar -C $dir/write/in -cf - . | igzip -1 >$dir/floor.gz")
	size=$(stat -c %s "$dir/floor.gz")
	row write 'export with gzip' "$(once "$lamina" save --format oci --compress gzip -o "$dir/out.tar" bench/write)" \
		"$floor" '<= 1/2 of BuildKit (12.9 s)'
	row write 'its size in MB' "$(stat -c %s "$dir/out.tar" | awk '{ print $1 / 1e6 }')" \
		"$(awk "BEGIN { print $size / 1e6 }")" 'no larger than the peers (786 MB)'
	floor=$(once sh -c "tar -C $dir/write/in -cf - . | zstd -q -3 -T2 >$dir/floor.zst")
	row write 'export with zstd' "$(once "$lamina" save --format oci --compress zstd -o "$dir/out.tar" bench/write)" \
		"$floor" '<= 1/2 of Buildah (6.9 s)'
	row write 'its size in MB' "$(stat -c %s "$dir/out.tar" | awk '{ print $1 / 1e6 }')" \
		"$(stat -c %s "$dir/floor.zst" | awk '{ print $1 / 1e6 }')" 'no larger than the peers (739 MB)'
	rm -rf "$dir/write" "$dir"/floor.* "$dir/out.tar"
}
