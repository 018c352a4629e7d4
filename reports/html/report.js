(() => {
  const filters = document.querySelector('.filters');
  const search = document.getElementById('search');
  const suite = document.getElementById('suite');
  const level = document.getElementById('level');
  const shown = document.getElementById('shown');
  const cases = [...document.querySelectorAll('details.case')];
  const suites = [...document.querySelectorAll('section.suite')];
  const owners = new Map(suites.flatMap((own) => [...own.querySelectorAll('details.case')].map((c) => [c, own])));
  const first = ['fail', 'error', 'blocked', 'differs', 'fails otherwise'];
  /** Cases opened by one press; more would keep the browser busy for long. */
  const AT_ONCE = 200;
  let records;
  let shared;
  let texts;

  /** One line of JSON for each case, in the order of the document's numbers. */
  const lines = () => {
    records ??= (document.getElementById('data')?.textContent ?? '').split('\n');
    return records;
  };

  const fillCase = (entry) => {
    if (entry.dataset.n === undefined || entry.querySelector(':scope > .body') !== null) return;
    shared ??= JSON.parse(document.getElementById('shared').textContent);
    const body = document.createElement('div');
    body.className = 'body';
    body.innerHTML = report.caseDetails(JSON.parse(lines()[Number(entry.dataset.n)]), shared);
    entry.append(body);
  };

  const open = (entry) => {
    fillCase(entry);
    entry.open = true;
  };

  const textOf = (entry) => {
    texts ??= lines().map((line) => line.toLowerCase());
    const shownText = (entry.dataset.n === undefined ? entry : entry.firstElementChild).textContent.toLowerCase();
    return `${shownText} ${texts[Number(entry.dataset.n)] ?? ''}`;
  };

  const apply = () => {
    const words = filter.words();
    const alive = new Set();
    let count = 0;
    for (const entry of cases) {
      const { verdict, level: own } = entry.dataset;
      const section = owners.get(entry);
      const wanted =
        filter.isChosen(verdict) &&
        (suite.value === '' || section.dataset.suite === suite.value) &&
        (level.value === '' || own === level.value);
      const visible = wanted && (words.length === 0 || words.every((word) => textOf(entry).includes(word)));
      if (entry.hidden === visible) entry.hidden = !visible;
      if (visible) {
        count += 1;
        alive.add(section);
      }
    }
    for (const own of suites) own.hidden = !alive.has(own);
    filter.tell(count, cases.length, 'cases');
  };
  const filter = lists.filtering(apply);

  for (const entry of cases) {
    entry.addEventListener('toggle', () => {
      if (entry.open) fillCase(entry);
    });
    // The address names the case that was opened last: it can be sent to somebody.
    entry.firstElementChild.addEventListener('click', () => {
      if (!entry.open) history.replaceState(null, '', `#${entry.id}`);
    });
  }
  suite.addEventListener('change', apply);
  level.addEventListener('change', apply);
  document.getElementById('expand').addEventListener('click', () => {
    const wanted = cases.filter((entry) => !entry.hidden);
    for (const entry of wanted.slice(0, AT_ONCE)) open(entry);
    if (wanted.length > AT_ONCE) shown.textContent = `the first ${AT_ONCE} of ${wanted.length} are open`;
  });
  document.getElementById('collapse').addEventListener('click', () => {
    for (const entry of cases) entry.open = false;
  });

  const follow = () => {
    let id = '';
    try {
      id = decodeURIComponent(location.hash.slice(1));
    } catch {
      return;
    }
    const target = id === '' ? null : document.getElementById(id);
    if (target === null || !target.matches('details.case')) return;
    if (target.hidden) {
      filter.choose([]);
      search.value = '';
      suite.value = '';
      level.value = '';
      apply();
    }
    open(target);
    target.scrollIntoView();
    target.querySelector('summary').focus({ preventScroll: true });
  };
  addEventListener('hashchange', follow);
  // A second press on the same link moves too.
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href^="#case:"]');
    if (link !== null && link !== undefined && link.getAttribute('href') === location.hash) follow();
  });

  // Paper shows the tables that are folded on a screen.
  const printed = [...document.querySelectorAll('details.fold.print')];
  addEventListener('beforeprint', () => {
    const red = cases.filter((entry) => entry.dataset.n !== undefined && first.includes(entry.dataset.verdict));
    for (const entry of red.slice(0, AT_ONCE)) open(entry);
    for (const entry of printed) entry.open = true;
  });
  addEventListener('afterprint', () => {
    for (const entry of printed) entry.open = false;
  });

  filters.hidden = false;
  const there = first.filter((verdict) => cases.some((entry) => entry.dataset.verdict === verdict));
  filter.choose(there);
  apply();
  const own = cases.filter((entry) => entry.dataset.n !== undefined && !entry.hidden);
  if (there.length > 0) for (const entry of own.slice(0, 40)) open(entry);
  // The browser goes to the address's place itself first, and takes the focus away.
  addEventListener('load', () => setTimeout(follow));
})();
