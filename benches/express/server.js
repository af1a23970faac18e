// What people write today, after the sample server of the bot platform: checks the token, parses the event, answers, and
// stores nothing. The end of the process is the end of every conversation in it.
'use strict';

const express = require('express');

const verifyToken = 'bench-verify-token-0123456789';
const app = express();
app.use(express.json({ limit: '4mb' }));

const isAllowed = (request) => request.query['challenge.verifyToken'] === verifyToken;

app.get('/hooks', (request, response) => {
  if (!isAllowed(request)) return response.status(401).end();
  return response.json({ status: 'ok' });
});

app.post('/hooks', (request, response) => {
  if (!isAllowed(request)) return response.status(401).end();
  const { event, sessionId, messages } = request.body;
  switch (event) {
    case 'messages':
      for (const { actor, message } of messages) handle(sessionId, actor, message);
      return response.json({});
    case 'offload':
      return response.json({ offloadSuccess: true, pauseBot: true });
    default:
      return response.json({});
  }
});

// Here the message would go to the desk.
function handle(sessionId, actor, message) {
  return { sessionId, actor, text: message.text };
}

const [host, port] = process.argv[2].split(':');
app.listen(Number(port), host);
