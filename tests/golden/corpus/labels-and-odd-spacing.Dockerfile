   FROM   busybox   AS   odd
	LABEL	com.example.a=1   com.example.b="two words"	com.example.c=th\ ree
LABEL "com.example.vendor"="ACME Incorporated" description="This text illustrates \
that label-values can span multiple lines."
label com.example.lower=case
ENV   ONE   1   2   3
env	TWO=2	THREE="3 3"
EXPOSE   80/tcp	443   9000-9002/udp
expose $ONE
Volume	/a   /b
RUN   echo   a   \
      b   \
      c
WORKDIR   /x y/z
UsEr   nobody
CMD   echo   done
