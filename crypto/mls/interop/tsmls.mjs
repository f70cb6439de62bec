// ts-mls behind a line protocol: one JSON object per line in and out, byte
// strings in hex. crypto/mls/tsmls_test.go is the other side.
import { createInterface } from "node:readline"
import * as mls from "ts-mls"
import { decodeRatchetTree } from "ts-mls/ratchetTree.js"

const suiteNames = { 1: "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519", 83: "MLS_256_XWING_AES256GCM_SHA512_Ed25519" }
const hex = (b) => Buffer.from(b).toString("hex")
const bytes = (s) => new Uint8Array(Buffer.from(s ?? "", "hex"))
const text = (s) => new TextEncoder().encode(s)
const decode = (s) => mls.decodeMlsMessage(bytes(s), 0)[0]
const encode = (m) => hex(mls.encodeMlsMessage({ version: "mls10", ...m }))

let cs, pkg, state

const ops = {
  async init({ suite, name }) {
    cs = await mls.getCiphersuiteImpl(mls.getCiphersuiteFromName(suiteNames[suite]))
    const credential = { credentialType: "basic", identity: text(name) }
    const capabilities = { ...mls.defaultCapabilities(), credentials: ["basic"] }
    const now = BigInt(Math.floor(Date.now() / 1000))
    const lifetime = { notBefore: now - 3600n, notAfter: now + 86400n }
    pkg = await mls.generateKeyPackage(credential, capabilities, lifetime, [], cs)
    return { keyPackage: encode({ wireformat: "mls_key_package", keyPackage: pkg.publicPackage }) }
  },
  async create({ id }) {
    state = await mls.createGroup(bytes(id), pkg.publicPackage, pkg.privatePackage, [], cs)
    return {}
  },
  async join({ welcome, tree }) {
    const t = tree ? decodeRatchetTree(bytes(tree), 0)[0] : undefined
    state = await mls.joinGroup(decode(welcome).welcome, pkg.publicPackage, pkg.privatePackage, mls.emptyPskIndex, cs, t)
    return {}
  },
  async commit({ add, remove, isPublic }) {
    const extraProposals = []
    for (const k of add ?? []) extraProposals.push({ proposalType: "add", add: { keyPackage: decode(k).keyPackage } })
    for (const i of remove ?? []) extraProposals.push({ proposalType: "remove", remove: { removed: i } })
    const r = await mls.createCommit({ state, cipherSuite: cs }, { extraProposals, wireAsPublicMessage: isPublic, ratchetTreeExtension: true })
    state = r.newState
    return {
      message: hex(mls.encodeMlsMessage(r.commit)),
      welcome: r.welcome && encode({ wireformat: "mls_welcome", welcome: r.welcome }),
    }
  },
  async process({ message }) {
    const r = await mls.processMessage(decode(message), state, mls.emptyPskIndex, mls.acceptAll, cs)
    state = r.newState
    return { data: r.kind === "applicationMessage" ? hex(r.message) : "" }
  },
  async send({ data }) {
    const r = await mls.createApplicationMessage(state, bytes(data), cs, text("header"))
    state = r.newState
    return { message: encode({ wireformat: "mls_private_message", privateMessage: r.privateMessage }) }
  },
  async external({ groupInfo }) {
    const r = await mls.joinGroupExternal(decode(groupInfo).groupInfo, pkg.publicPackage, pkg.privatePackage, false, cs)
    state = r.newState
    return { message: encode({ wireformat: "mls_public_message", publicMessage: r.publicMessage }) }
  },
  async secret() {
    const e = await mls.mlsExporter(state.keySchedule.exporterSecret, "interop", text("context"), 32, cs)
    return { secret: hex(e) + hex(state.keySchedule.epochAuthenticator) }
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line)
  let answer
  try {
    answer = await ops[request.op](request)
  } catch (e) {
    answer = { error: String(e?.stack ?? e) }
  }
  process.stdout.write(JSON.stringify(answer) + "\n")
}
