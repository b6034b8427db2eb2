# escape=`
ARG VERSION=ltsc2022
FROM mcr.microsoft.com/dotnet/sdk:8.0-nanoserver-${VERSION} AS build
WORKDIR C:\src
COPY *.csproj .\
RUN dotnet restore
COPY . .\
RUN dotnet publish -c Release -o C:\out `
    # what is published needs no runtime
    --self-contained

FROM mcr.microsoft.com/windows/nanoserver:${VERSION}
USER ContainerAdministrator
RUN mkdir C:\app && setx /M PATH "%PATH%;C:\app"
USER ContainerUser
WORKDIR C:\app
COPY --from=build C:\out .
HEALTHCHECK --interval=1m CMD ["C:\\app\\health.exe"]
CMD ["app.exe", "--urls", "http://+:8080"]
