// What npm's mqtt can do against a gateway. Usage: node features.cjs MODULE PORT USER PASSWORD VERSION
// Prints "ok NAME" for each feature and ends with 0, or says what went wrong and ends with 1. The user is a bridge that may
// publish and subscribe to city/v1/+/status and city/v1/+/cmd/+/res.
'use strict';
const assert = require('node:assert/strict');
const [, , module_, port, username, password, versionText] = process.argv;
const mqtt = require(module_);
const version = Number(versionText);
const isFive = version === 5;
const waitMs = 15000;

class Client {
  constructor(name, options) {
    this.messages = [];
    this.waiting = [];
    this.mqtt = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
      clientId: `js${version}-${name}`, protocolVersion: version, username, password, reconnectPeriod: 0, clean: true, ...options });
    this.mqtt.on('message', (topic, payload, packet) => {
      const message = { text: payload.toString(), qos: packet.qos, retain: packet.retain, properties: packet.properties ?? {} };
      const next = this.waiting.shift();
      if (next) next(message); else this.messages.push(message);
    });
  }

  static async open(name, options = {}) {
    const client = new Client(name, options);
    client.connack = await within(new Promise((resolve, reject) => {
      client.mqtt.once('connect', resolve);
      client.mqtt.once('error', reject);
    }), `CONNACK of ${name}`);
    return client;
  }

  async subscribe(topic, qos = 2) {
    const [granted] = await this.mqtt.subscribeAsync(topic, { qos });
    assert.equal(granted.qos, qos, `${topic} granted`);
  }

  publish(topic, payload, options = {}) {
    return within(this.mqtt.publishAsync(topic, payload, { qos: 1, ...options }), `acknowledgement of ${topic}`);
  }

  receive() {
    return this.messages.length ? Promise.resolve(this.messages.shift()) : within(new Promise(resolve => this.waiting.push(resolve)), 'message');
  }

  async receiveMany(count) {
    const all = [];
    while (all.length < count) all.push(await this.receive());
    return all;
  }

  close() { return this.mqtt.endAsync(); }
  breakOff() { this.mqtt.stream.destroy(); }
}

function within(promise, what) {
  let timer;
  return Promise.race([promise, new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`no ${what} within ${waitMs} ms`)), waitMs); })])
    .finally(() => clearTimeout(timer));
}

const status = name => `city/v1/js${version}-${name}/status`;
const kept = isFive ? { clean: false, properties: { sessionExpiryInterval: 600 } } : { clean: false };
const numbers = count => Array.from({ length: count }, (_, i) => String(i));

const features = {
  async sessions() {
    let away = await Client.open('away', kept);
    assert.equal(away.connack.sessionPresent, false);
    await away.subscribe(status('session'));
    await away.close();
    const publisher = await Client.open('session');
    for (const qos of [0, 1, 2]) await publisher.publish(status('session'), String(qos), { qos });
    away = await Client.open('away', kept);
    assert.equal(away.connack.sessionPresent, true);
    assert.deepEqual((await away.receiveMany(2)).map(m => m.text), ['1', '2']);
    await away.close();
    away = await Client.open('away');
    assert.equal(away.connack.sessionPresent, false);
    await away.close();
    await publisher.close();
  },
  async qos2() {
    const [subscriber, publisher] = [await Client.open('qos-sub'), await Client.open('qos')];
    await subscriber.subscribe(status('qos'));
    await Promise.all(numbers(100).map(i => publisher.publish(status('qos'), i, { qos: 2 })));
    assert.deepEqual((await subscriber.receiveMany(100)).map(m => `${m.text} ${m.qos}`), numbers(100).map(i => `${i} 2`));
    assert.equal(subscriber.messages.length, 0);
    await subscriber.close();
    await publisher.close();
  },
  async retained() {
    const publisher = await Client.open('retained');
    await publisher.publish(status('retained'), 'kept', { retain: true });
    const first = await Client.open('retained-1');
    await first.subscribe(status('retained'));
    let message = await first.receive();
    assert.deepEqual([message.text, message.retain], ['kept', true]);
    await publisher.publish(status('retained'), '', { retain: true });
    const second = await Client.open('retained-2');
    await second.subscribe(status('retained'));
    await publisher.publish(status('retained'), 'live');
    message = await second.receive();
    assert.deepEqual([message.text, message.retain], ['live', false]);
    for (const client of [publisher, first, second]) await client.close();
  },
  async will() {
    const subscriber = await Client.open('will-sub');
    await subscriber.subscribe(status('will'));
    const will = { topic: status('will'), payload: 'gone', qos: 1, retain: false };
    (await Client.open('will', { will })).breakOff();
    assert.equal((await subscriber.receive()).text, 'gone');
    await (await Client.open('will', { will })).close();
    const publisher = await Client.open('will-marker');
    await publisher.publish(status('will'), 'marker');
    assert.equal((await subscriber.receive()).text, 'marker');
    await subscriber.close();
    await publisher.close();
  },
};

const five = {
  async properties() {
    const [subscriber, publisher] = [await Client.open('properties-sub'), await Client.open('properties')];
    await subscriber.subscribe(status('properties'));
    const given = { contentType: 'text/plain', responseTopic: 'answer', correlationData: Buffer.from([0, 255]), payloadFormatIndicator: true, userProperties: { b: ['1', '3'], a: '2' } };
    await publisher.publish(status('properties'), 'x', { properties: { ...given, messageExpiryInterval: 100 } });
    const got = (await subscriber.receive()).properties;
    for (const name of ['contentType', 'responseTopic', 'correlationData', 'payloadFormatIndicator']) assert.deepEqual(got[name], given[name], name);
    assert.deepEqual({ ...got.userProperties }, given.userProperties);
    assert.ok(got.messageExpiryInterval >= 90 && got.messageExpiryInterval <= 100);
    await subscriber.close();
    await publisher.close();
  },
  async shared() {
    const members = [];
    for (const i of numbers(3)) {
      members.push(await Client.open(`shared-${i}`));
      await members[i].subscribe(`$share/group/${status('shared')}`, 1);
    }
    const publisher = await Client.open('shared');
    for (const i of numbers(30)) await publisher.publish(status('shared'), i);
    const got = [];
    for (const member of members) got.push(...(await member.receiveMany(10)).map(m => m.text));
    assert.deepEqual(got.sort(), numbers(30).sort());
    for (const client of [...members, publisher]) await client.close();
  },
  async topicAlias() {
    const subscriber = await Client.open('alias-sub', { properties: { topicAliasMaximum: 4 } });
    await subscriber.subscribe(status('alias'));
    const publisher = await Client.open('alias', { autoAssignTopicAlias: true });
    assert.ok(publisher.connack.properties.topicAliasMaximum > 0);
    for (const i of numbers(5)) await publisher.publish(status('alias'), i);
    const got = await subscriber.receiveMany(5);
    assert.deepEqual(got.map(m => m.text), numbers(5));
    assert.ok(got.slice(1).every(m => m.properties.topicAlias === 1), 'the gateway used no alias');
    await subscriber.close();
    await publisher.close();
  },
  async receiveMaximum() {
    const held = [];
    const subscriber = await Client.open('receive-sub', { properties: { receiveMaximum: 2 }, customHandleAcks: (topic, message, packet, done) => { held.push({ text: message.toString(), done }); } });
    await subscriber.subscribe(status('receive'), 1);
    const publisher = await Client.open('receive');
    for (const i of numbers(10)) await publisher.publish(status('receive'), i);
    for (let i = 0; i < 10; i++) {
      for (const begin = Date.now(); held.length <= i; await new Promise(resolve => setTimeout(resolve, 5))) assert.ok(Date.now() - begin < waitMs, `no message ${i}`);
      assert.ok(held.length <= i + 2, `${held.length} are under way, ${i} acknowledged`);
      held[i].done(0);
    }
    assert.deepEqual(held.map(one => one.text), numbers(10));
    await subscriber.close();
    await publisher.close();
  },
};

(async () => {
  for (const [name, feature] of Object.entries(isFive ? { ...features, ...five } : features)) {
    try {
      await feature();
    } catch (error) {
      console.error(`${name}: ${error.message}`);
      process.exit(1);
    }
    console.log(`ok ${name}`);
  }
  process.exit(0);
})();
