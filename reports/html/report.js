(() => {
  const filters = document.querySelector('.filters');
  const search = document.getElementById('search');
  const shown = document.getElementById('shown');
  const cases = [...document.querySelectorAll('details.case[data-verdict]')];
  const suites = [...document.querySelectorAll('section.suite')].filter((suite) =>
    suite.querySelector('[data-verdict]'),
  );
  const buttons = [...document.querySelectorAll('button[data-verdict]')];
  const texts = new Map();
  let chosen = new Set();

  const textOf = (entry) => {
    let text = texts.get(entry);
    if (text === undefined) {
      text = entry.textContent.toLowerCase();
      texts.set(entry, text);
    }
    return text;
  };

  const apply = () => {
    const words = search.value
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    let count = 0;
    for (const entry of cases) {
      const wanted = chosen.size === 0 || chosen.has(entry.dataset.verdict);
      const show = wanted && (words.length === 0 || words.every((word) => textOf(entry).includes(word)));
      entry.hidden = !show;
      if (show) count += 1;
    }
    for (const suite of suites) suite.hidden = suite.querySelector('details.case:not([hidden])') === null;
    for (const button of buttons) {
      const { verdict } = button.dataset;
      button.setAttribute('aria-pressed', String(verdict === '' ? chosen.size === 0 : chosen.has(verdict)));
    }
    shown.textContent = count === cases.length ? `${count} cases` : `${count} of ${cases.length} cases`;
  };

  for (const button of buttons) {
    button.addEventListener('click', () => {
      const { verdict } = button.dataset;
      if (verdict === '') chosen = new Set();
      else if (!chosen.delete(verdict)) chosen.add(verdict);
      apply();
    });
  }
  let timer;
  search.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(apply, 80);
  });
  const openAll = (open) => {
    for (const entry of cases) if (!entry.hidden) entry.open = open;
  };
  document.getElementById('expand').addEventListener('click', () => openAll(true));
  document.getElementById('collapse').addEventListener('click', () => openAll(false));

  const follow = () => {
    let id = '';
    try {
      id = decodeURIComponent(location.hash.slice(1));
    } catch {
      return;
    }
    const target = id === '' ? null : document.getElementById(id);
    if (target?.matches('details.case')) {
      target.hidden = false;
      target.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener('hashchange', follow);
  filters.hidden = false;
  apply();
  follow();
})();
