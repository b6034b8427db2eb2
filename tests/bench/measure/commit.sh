bench_commit() {
	"$lamina" run --name files --network none busybox sh -c \
		'mkdir /d; cd /d; for d in $(seq 100); do mkdir $d; for f in $(seq 100); do dd if=/dev/urandom of=$d/$f bs=20k count=1 2>/dev/null; done; done' 2>/dev/null ||
		"$lamina" run --name files --network none busybox busybox sh -c \
			'mkdir /d; cd /d; for d in $(busybox seq 100); do mkdir $d; for f in $(busybox seq 100); do dd if=/dev/urandom of=$d/$f bs=20k count=1 2>/dev/null; done; done'
	mine=$(once "$lamina" commit files bench:files)
	mkdir "$dir/files"
	"$lamina" cp files:/d "$dir/files/" >/dev/null
	floor=$(once sh -c "tar -C $dir/files -cf - . | sha256sum")
	row commit '10,000 files, 200 MB' "$mine" "$floor" '<= 1.3x tar + sha256'
	rm -rf "$dir/files"
}
