FROM node AS one
COPY . .
RUN npm ci
FROM python
COPY --from=one /x /x
ADD ./ /src
RUN cd /src && pip install --no-cache-dir -r requirements.txt
