# escape=`
# syntax=docker/dockerfile:1

FROM mcr.microsoft.com/windows/servercore:ltsc2022
SHELL ["powershell", "-Command", "$ErrorActionPreference = 'Stop'; $ProgressPreference = 'SilentlyContinue';"]

RUN Add-WindowsFeature Web-Server; `
    Remove-Item -Recurse C:\inetpub\wwwroot\*; `
    New-Item -ItemType Directory C:\tools

WORKDIR C:\inetpub\wwwroot
COPY site\ C:\inetpub\wwwroot\
COPY ["a file.txt", "C:\\tools\\"]
ENV TOOLS=C:\tools PATH="C:\tools;C:\Windows\System32"
EXPOSE 80
ENTRYPOINT ["C:\\tools\\ServiceMonitor.exe", "w3svc"]
