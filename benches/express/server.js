// What people write today, after the sample server of the bot platform (chatlayer-examples, offloading-webhook): parses the
// event, prints it as the sample does, answers, and stores nothing. The end of the process is the end of every
// conversation in it. Unlike the sample it checks the token. With `--silent` it prints nothing.
'use strict';

const express = require('express');

const verifyToken = 'bench-verify-token-0123456789';
const [address, option] = process.argv.slice(2);
const print = option === '--silent' ? () => {} : console.log;
const app = express();
app.use(express.json({ limit: '4mb' }));

const isAllowed = (request) => request.query['challenge.verifyToken'] === verifyToken;

app.get('/hooks', (request, response) => {
  if (!isAllowed(request)) return response.status(401).end();
  return response.json({ status: 'ok' });
});

app.post('/hooks', (request, response) => {
  if (!isAllowed(request)) return response.status(401).end();
  const { messages, transcript, ...rest } = request.body;
  switch (rest.event) {
    case 'messages':
      print('messages');
      tell(rest, messages);
      return response.json({});
    case 'offload':
      print('offload');
      tell(rest, transcript);
      return response.json({ offloadSuccess: true, pauseBot: true });
    default:
      return response.json({});
  }
});

// Here the messages would go to the desk.
function tell(event, messages) {
  print('event %s: %j', event.event, event);
  for (const { actor, message, timestamp } of messages) {
    print('%s %s: %j', new Date(timestamp).toISOString(), actor, message);
  }
}

const [host, port] = address.split(':');
app.listen(Number(port), host);
