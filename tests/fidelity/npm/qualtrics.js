// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: snow_ops contributors

// Calls the unmodified client `qualtrics-api` and prints what it returned as one JSON document.
// Arguments: base URL, API token. HTTPS_PROXY and NODE_EXTRA_CA_CERTS lead to the sandbox: the client takes an agent,
// and Node's own (24.5 and later) can be told to use the environment's proxy.
'use strict'

const https = require('node:https')
const Qualtrics = require('qualtrics-api')

const [baseUrl, apiToken] = process.argv.slice(2)
const agent = new https.Agent({ proxyEnv: { HTTPS_PROXY: process.env.HTTPS_PROXY } })
const client = new Qualtrics({ baseUrl, apiToken, agent })

async function main () {
  return {
    whoami: await client.whoami(),
    users: await client.user().getAll(),
    refusal: await new Qualtrics({ baseUrl, apiToken: 'nobody', agent }).whoami().catch(answer => answer)
  }
}

main().then(answers => console.log(JSON.stringify(answers)))
