FROM busybox
RUN <<"END OF IT"
echo one
END OF IT
RUN <<A cat && <<B cat && <<C cat
a
A
b
B
C
COPY <<empty /etc/empty
empty
RUN <<NOTHING
NOTHING
COPY <<-tabbed /etc/tabbed
		two tabs
	tabbed
RUN echo "<<NOT" '<<NOT' \<\<NOT && echo $((1<<2)) <<<NOT || true
RUN 3<<FD cat <&3
three
FD
CMD cat <<EOF
