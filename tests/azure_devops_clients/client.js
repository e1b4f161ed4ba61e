// Checks of the npm client azure-devops-node-api; reads the start line of the stand-in on stdin.
'use strict';

const fs = require('fs');
const azure = require('azure-devops-node-api');

const start = JSON.parse(fs.readFileSync(0, 'utf8'));
let held = true;

function connection(token) {
  const url = `${start.url}/dev.azure.com/${start.organization}`;
  const options = { allowRetries: false, maxRetries: 0 };
  return new azure.WebApi(url, azure.getPersonalAccessTokenHandler(token), options);
}

// The first token in `state`, of `owner` if one is named.
function token(state, owner) {
  const matches = (entry) => entry.state === state && (!owner || entry.owner === owner);
  return start.tokens.find(matches).token;
}

function check(what, found, expected) {
  if (JSON.stringify(found) === JSON.stringify(expected)) {
    console.log(`ok: ${what}`);
  } else {
    held = false;
    console.log(`failed: ${what}: found ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
  }
}

async function accepted() {
  const active = connection(token('active'));
  const data = await active.connect();
  check('connection data', data.authenticatedUser.properties.Account.$value, 'noor@contoso.example');
  const projects = await (await active.getCoreApi()).getProjects();
  check('projects', projects.map((project) => project.name), ['Payments', 'Website']);
  const repositories = await (await active.getGitApi()).getRepositories();
  check('repositories', repositories.map((one) => one.name), ['Payments', 'Website']);
  const owner = 'jonas@contoso.example';
  const profile = await (await connection(token('active', owner)).getProfileApi()).getProfile('me');
  check('profile', profile.emailAddress, owner);
}

async function refusal(leaked) {
  try {
    await connection(leaked).connect();
    return 'accepted';
  } catch (error) {
    return error.statusCode;
  }
}

async function refused() {
  const states = {
    refused: 401,
    revoked: 401,
    disabled_owner: 401,
    unknown: 401,
    expired: 401,
    active_elsewhere: 401,
    blocked: 403,
    global_blocked: 401,
  };
  for (const [state, expected] of Object.entries(states)) {
    check(`refusal of ${state}`, await refusal(token(state)), expected);
  }
}

refused()
  .then(accepted)
  .then(() => process.exit(held ? 0 : 1))
  .catch((error) => {
    console.log(`failed: ${error.message}`);
    process.exit(1);
  });
