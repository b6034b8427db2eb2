FROM --platform=windows/amd64 mcr.microsoft.com/windows/servercore:ltsc2022
# the escape is the backslash here, as where it isn't changed
ENV HOME=C:\\Users\\me
RUN powershell -Command \
    Write-Host 'hello'
CMD ["cmd.exe"]
