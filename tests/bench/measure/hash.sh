bench_hash() {
	mkdir -p "$dir/big"
	head -c 1000000000 /dev/urandom >"$dir/big/file"
	sync # writing it back takes a core
	cat >"$dir/hash.lua" <<-'R'
		local layer = require "lamina.core.layer"
		assert(layer.pack(arg[1], { form = "tree" }))
	R
	speed=$(openssl speed -mr -seconds 2 -bytes 1048576 -evp sha256 2>/dev/null |
		awk -F: '/^\+F/ { print $NF }')
	floor=$(awk "BEGIN { print 1e9 / $speed * 1e3 }")
	LUA_CPATH="$top/$B/?.so" row hash 'pack of a 1 GB file' \
		"$(LUA_CPATH="$top/$B/?.so" median 5 "lua5.4 $dir/hash.lua $dir/big")" "$floor" '<= 1.25x openssl'
	rm -rf "$dir/big"
}
