FROM busybox AS one
CMD ["a"]
FROM one
CMD ["b"]
ENV A=1
ENV A=2
