FROM alpine
ENV A="one two" B='single $A' C=plain D="dollar \$A" E=back\\slash F=sp\ ace
ENV G="${A:-default}" H=${A:+"yes"} I="${MISSING:-a}${MISSING-'b c'}" J="${A%% *}/${A#* }"
ENV K=${A//o/0} L="${A/one/\}}" M='' N=
LABEL "quoted key"="quoted value" multi="line one \
line two" json='{"a": ["b"]}'
WORKDIR "/work dir/$A"
USER "${USER_ID:-1000}:${GROUP_ID:-1000}"
RUN echo "double \"escaped\" quotes" 'and $single' `backticks` $((1 + 2)) \\ \$HOME
RUN ["sh", "-c", "echo \"$HOME\" \\\\ é \u00e9 \t"]
EXPOSE $PORT 8080-8090/tcp 53/udp
CMD echo ]] and [[ and ]=] and "both" 'quotes' \ end
