bench_start() {
	row start 'lamina version' "$(median 100 "$lamina version")" "$(median 100 /bin/true)" '< 5 ms'
}
