"""From the figures of all rounds to medians, ratios and verdicts."""

import json
import statistics
from dataclasses import dataclass

INTAKE = 'intake 64'
# Whose pages are open at a time.
OPERATORS = 20
ALONE = 'console, nobody looks'
WATCHED = f'console, {OPERATORS} look'
# Stored deliveries with which a claim is timed, and as many that wait in either case.
FEW, MANY, OWED = 1_000, 1_000_000, 500
# Of a core, what each of several replicas has where one is not to take what another needs.
PART = 0.1
# Beyond this the generator may have been the limit.
TOO_BUSY = 0.95
VERDICTS = {True: 'yes', False: '**no**', None: ''}


@dataclass
class Row:
    """One figure of the bridge beside what it is measured against."""

    figure: str
    measured: str
    against: str
    ratio: str
    target: str
    # None if there is no target.
    is_met: bool | None


class Report:
    def __init__(self, results, about):
        self.results = results
        self.about = about

    def json(self):
        rows = [row.__dict__ for row in self.rows()]
        return json.dumps({'about': self.about, 'targets': rows, 'rounds': self.results}, indent=2)

    def markdown(self):
        parts = [table(['figure', 'bridge', 'beside it', 'ratio', 'target', 'met'], self._verdicts())]
        if costs := self._costs():
            parts.append(table(['feature', 'µs of CPU a message with it', 'without', 'costs'], costs))
        if pages := self._pages():
            parts.append(table(['console at 200 messages a second', 'nobody looks', f'{OPERATORS} look'], pages))
        parts.append(table(
            ['measurement', 'a second', 'p50 ms', 'p99 ms', 'CPU ms per 1000', 'of it the database', 'server busy', 'generator busy', 'peak MB'],
            self._all(),
        ))
        parts.extend(self._doubts())
        about = ', '.join(f'{name} {value}' for name, value in self.about.items())
        return '\n\n'.join([*parts, f'Medians; {about}.']) + '\n'

    def rows(self):
        checks = [
            self._ratio('intake at 64 connections', INTAKE, 'Express', 'express 64', 3.5),
            self._ratio('intake at 64 connections', INTAKE, 'Express, silent', 'express, silent 64'),
            self._ratio('intake at 64 connections', INTAKE, 'bare axum', 'bare 64', 0.22),
            self._most('intake at 64: CPU ms per 1000', self._median(INTAKE, 'cpu_ms_per_1000'), 40),
            self._p99(),
            self._ratio('intake at 16 connections', 'intake 16', 'Express', 'express 16', 2),
            self._ratio('intake at 16 connections', 'intake 16', 'Express, silent', 'express, silent 16'),
            self._ratio('intake and delivery, 64 in flight', 'flow 64 in flight', 'end-to-end floor', 'relay 64 in flight', 0.5),
            *(self._latency(rate, which, times) for rate in (100, 1000) for which, times in (('p50', 3), ('p99', 6))),
            self._ratio('no open handover, nothing kept', 'unowned 64', 'bare axum', 'bare 64', 0.35),
            self._most('idle: MB', self._median('idle', 'rss_mb'), 45),
            self._most('idle: share of a core, %', self._median('idle', 'core_share', 100), 0.2),
            self._most('under load: peak MB', self._peak(), 80),
            self._most(self._handovers(), self._median('handovers', 'peak_mb'), 150),
            self._ratio('intake on PostgreSQL at 64 connections', 'postgres 64', 'UNNEST group commit', 'unnest 64', 0.5),
            self._ratio('intake, two replicas', 'two replicas 64', 'one', 'postgres 64', 1),
            self._ratio('intake and delivery in order, two replicas', 'two replicas in order', 'one', 'postgres in order', 1),
            self._ratio(f'intake, two replicas of {PART} core', 'two shares 64', 'one', 'share 64', 1),
            self._ratio(f'in order, two replicas of {PART} core', 'two shares in order', 'one', 'share in order', 1),
            self._claim(),
            self._pixel('an open conversation', 'talk'),
            self._pixel('a row of the inbox', 'row'),
        ]
        return [row for row in checks if row]

    def _ratio(self, figure, name, against, floor, least=None):
        ours, theirs = self._median(name, 'per_second'), self._median(floor, 'per_second')
        if ours is None or theirs is None:
            return None
        ratio = ours / theirs
        beside = f'{against} {theirs:,.0f}/s'
        if least is None:
            return Row(figure, f'{ours:,.0f}/s', beside, f'{ratio:.2f}', '', None)
        return Row(figure, f'{ours:,.0f}/s', beside, f'{ratio:.2f}', f'≥ {least}', ratio >= least)

    def _p99(self):
        ours, floor = self._median(INTAKE, 'p99_ms'), self._median('group 64', 'p99_ms')
        if ours is None or floor is None:
            return None
        ratio = ours / floor
        beside = f'SQLite group commit {floor:.2f} ms'
        return Row('intake at 64: p99', f'{ours:.2f} ms', beside, f'{ratio:.2f}', '≤ 4', ratio <= 4)

    def _latency(self, rate, which, times):
        ours, disk = self._median(f'flow {rate}/s', f'{which}_ms'), self._median('disk', 'p50_ms')
        if ours is None or disk is None:
            return None
        most = times * disk + 1
        floor = self._median(f'relay {rate}/s', f'{which}_ms')
        beside = f'fdatasync {disk:.2f} ms' + (f', floor {floor:.2f} ms' if floor is not None else '')
        target = f'≤ {times} × fdatasync + 1 ms = {most:.2f} ms'
        return Row(f'webhook in → desk called, {rate}/s: {which}', f'{ours:.2f} ms', beside, f'{ours / most:.2f}', target, ours <= most)

    def _claim(self):
        many, few = (self._median(f'claims, {stored:,} stored', 'claim_ms') for stored in (MANY, FEW))
        if many is None or few is None:
            return None
        figure, beside = f'a claim, {MANY:,} deliveries stored', f'{FEW:,} stored {few:.3f} ms'
        return Row(figure, f'{many:.3f} ms', beside, f'{many / few:.2f}', '≤ 2', many <= 2 * few)

    def _pixel(self, where, part):
        ours = self._part(WATCHED, part, 'p95_ms')
        return self._most(f'webhook in → painted in {where}, {OPERATORS} consoles: p95 ms', ours, 300)

    @staticmethod
    def _most(figure, ours, most):
        if ours is None:
            return None
        return Row(figure, f'{ours:.3g}', '', '', f'≤ {most}', ours <= most)

    def _peak(self):
        """Of all rounds: a limit of memory is not for the middle one."""
        names = [INTAKE, 'flow 64 in flight']
        peaks = [figures['peak_mb'] for name in names for figures in self.results.get(name, [])]
        return max(peaks, default=None)

    def _handovers(self):
        counts = [figures['handovers'] for figures in self.results.get('handovers', [])]
        return f'{max(counts, default=0):,} open handovers: peak MB'

    def _verdicts(self):
        for row in self.rows():
            yield [row.figure, row.measured, row.against, row.ratio, row.target, VERDICTS[row.is_met]]

    def _costs(self):
        pairs = [
            ('the request log', INTAKE, 'log_off 64'),
            ('an open handover: state, deadline and a delivery that queues', INTAKE, 'observed 64'),
            ('keeping what was said: transcript, journal, marks of repeats, synced commits', 'observed 64', 'unowned 64'),
            ('2,000 conversations instead of one', INTAKE, 'one_conversation 64'),
            ('a new message instead of a repeat', INTAKE, 'repeats 64'),
            ('delivery: claim, signature, call, settle', 'flow 64 in flight', INTAKE),
        ]
        costs = []
        for feature, on, off in pairs:
            with_it, without = self._median(on, 'cpu_ms_per_1000'), self._median(off, 'cpu_ms_per_1000')
            if with_it is not None and without is not None:
                costs.append([feature, f'{with_it:.1f}', f'{without:.1f}', f'{with_it - without:.1f}'])
        return costs

    def _pages(self):
        """What open pages cost the bridge, and what they show how soon."""
        figures = [
            ('server busy, share of a core', 'server_busy', '{:.0%}'),
            ('server CPU ms a message', 'cpu_ms_per_message', '{:.2f}'),
            ('memory MB after it', 'rss_mb', '{:.0f}'),
            ('highest memory MB', 'peak_mb', '{:.0f}'),
            ('events a second, to all pages', 'events_per_second', '{:,.0f}'),
            ('parts of pages fetched a second', 'pages_per_second', '{:,.1f}'),
            ('KB a part', 'page_kb', '{:.1f}'),
            ('webhook answered: p50 ms', 'p50_ms', '{:.1f}'),
            ('webhook answered: p95 ms', 'p95_ms', '{:.1f}'),
            ('webhook answered: p99 ms', 'p99_ms', '{:.1f}'),
        ]
        rows = []
        for figure, key, form in figures:
            values = [self._median(name, key) for name in (ALONE, WATCHED)]
            if any(values):
                rows.append([figure, *('' if value is None else form.format(value) for value in values)])
        for part, where in (('talk', 'open conversation'), ('row', 'row of the inbox')):
            for which in ('p50_ms', 'p95_ms', 'p99_ms'):
                value = self._part(WATCHED, part, which)
                if value is not None:
                    rows.append([f'painted in the {where}: {which[:3]} ms', '', f'{value:.0f}'])
        return rows

    def _part(self, name, part, key):
        values = [figures[part][key] for figures in self.results.get(name, []) if part in figures]
        return statistics.median(values) if values else None

    def _doubts(self):
        """What speaks against a figure, so that nobody has to look for it."""
        for name in sorted(self.results):
            busy = self._median(name, 'generator_busy')
            if busy is not None and busy > TOO_BUSY:
                yield f'**{name}: the generator was busy for {busy:.0%} of the time, so the server may be faster than this.**'

    def _all(self):
        columns = [('per_second', '{:,.0f}'), ('p50_ms', '{:.2f}'), ('p99_ms', '{:.2f}'), ('cpu_ms_per_1000', '{:.1f}'),
                   ('database_ms_per_1000', '{:.1f}'), ('server_busy', '{:.0%}'), ('generator_busy', '{:.0%}'), ('peak_mb', '{:.0f}')]
        for name in sorted(self.results):
            medians = [(self._median(name, key), form) for key, form in columns]
            yield [name, *('' if value is None else form.format(value) for value, form in medians)]

    def _median(self, name, key, times=1):
        values = [figures[key] for figures in self.results.get(name, []) if key in figures]
        return statistics.median(values) * times if values else None


def table(heads, rows):
    lines = ['| ' + ' | '.join(cells) + ' |' for cells in [heads, ['---'] * len(heads), *rows]]
    return '\n'.join(lines)
