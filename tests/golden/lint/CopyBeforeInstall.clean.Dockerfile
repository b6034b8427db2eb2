FROM node AS one
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm ci && npm run build
FROM node
COPY --from=one . .
RUN npm ci
FROM node
COPY . .
RUN npm install -g tool
