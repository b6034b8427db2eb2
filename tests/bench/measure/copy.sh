# COPY of 50,000 files, 400 MB: cold, with one file changed, unchanged (W4).
many_files() {
	mkdir -p "$1"
	head -c 8192 /dev/urandom >"$dir/block"
	lua5.4 - "$1" "$dir/block" <<-'L'
		local block = io.open(arg[2], "rb"):read("a")
		for d = 1, 250 do
		  os.execute("mkdir -p " .. arg[1] .. "/d" .. d)
		  for f = 1, 200 do
		    local file <close> = io.open(("%s/d%d/f%d"):format(arg[1], d, f), "wb")
		    file:write(d, " ", f, "\n", block)
		  end
		end
	L
}

bench_copy() {
	many_files "$dir/many/files"
	echo 'return from "busybox":copy("files", "/files")' >"$dir/many/recipe.lua"
	sleep 1 # a file that changed just now is hashed again
	cp=$(once cp -a "$dir/many/files" "$dir/copied")
	rm -rf "$dir/copied"
	row copy '50,000 files, cold' "$(once "$lamina" build -q "$dir/many")" "$cp" '<= 1.5x cp -a'
	"$lamina" build -q "$dir/many" >/dev/null
	stat=$(median 5 "find $dir/many/files -printf %s")
	row copy '50,000 files, unchanged' "$(median 5 "$lamina build -q $dir/many")" "$stat" \
		'<= 1/7 of BuildKit (1.21 s)'
	echo changed >"$dir/many/files/d7/f7"
	row copy '50,000 files, one changed' "$(once "$lamina" build -q "$dir/many")" "$stat" \
		'<= 1/8 of BuildKit (6.8 s)'
	rm -rf "$dir/many"
}
