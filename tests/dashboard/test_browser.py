"""Headless Chromium over a finished and a living run: every view is opened, clicked, filtered."""

import shutil
import threading

import pytest

from evonas.lineage import LineageStore, RunLock

DRAWN = "document.querySelector('main h1') && !document.querySelector('.waiting')"
NODES = "(document.getElementById('tree-graph')?._cyreg?.cy.nodes().length || 0)"
PATIENCE = 60_000


@pytest.fixture
def page(browser, served):
    """An empty page; what the browser complains of, or asks of another machine, fails the test."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    found: list[str] = []
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda said: found.append(said.text) if said.type == "error" else None)
    page.on(
        "request",
        lambda asked: None if asked.url.startswith((served[0], "data:", "blob:")) else found.append(asked.url),
    )
    yield page
    context.close()
    assert found == []


def open_view(page, served, path, run="first"):
    address, keys = served
    page.goto(f"{address}/{path}{'&' if '?' in path else '?'}run={keys[run]}")
    page.wait_for_function(DRAWN)


def sees(page, selector, words):
    """Wait until a part of the page says these words: what a click changes comes from the server some time later."""
    page.wait_for_function(
        "([selector, words]) => document.querySelector(selector)?.innerText.includes(words)", arg=[selector, words]
    )


def click_point(page, point):
    """Click a point once Plotly has seen the mouse there, and wait for the individual it leads to."""
    page.wait_for_selector(point, state="attached")
    page.locator(point).scroll_into_view_if_needed()
    page.locator(point).hover(force=True)
    page.wait_for_selector(".hoverlayer .hovertext", state="attached")
    page.mouse.down()
    page.mouse.up()
    page.wait_for_url("**/individual?**")


def choose(page, anchor, option):
    """Choose from a drop-down, where there is room below it for its list."""
    page.locator(f"#{anchor}").evaluate("part => part.scrollIntoView({block: 'start'})")
    page.click(f"#{anchor}")
    page.get_by_role("option", name=option, exact=True).dispatch_event("click")  # lists may reach below the window


def test_the_views_are_reached_by_keyboard_and_say_what_they_are(page, served):
    page.goto(served[0])
    page.wait_for_function(DRAWN)
    page.wait_for_url(f"{served[0]}/overview?run=*")
    sees(page, ".lead", "60 evaluations")
    headings = ["Overview", "Family tree", "Individual", "Genes", "Population", "Pareto front", "Compare runs"]
    for key in "234567":
        page.keyboard.press(key)
        page.wait_for_function(f"document.querySelector('main h1')?.textContent === {headings[int(key) - 1]!r}")
        page.wait_for_function(DRAWN)
        page.wait_for_function("name => document.title.startsWith(name)", arg=headings[int(key) - 1])
        page.wait_for_selector("#views a.current[aria-current=page]")
        page.wait_for_function("document.activeElement.id === 'content'")
    assert page.inner_text("#alarm") == ""
    page.keyboard.press("?")
    page.wait_for_selector("#help", state="visible")
    page.keyboard.press("Escape")
    page.wait_for_selector("#help", state="hidden")


def test_the_skip_link_comes_first(page, served):
    open_view(page, served, "overview")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    page.wait_for_function("document.activeElement.className === 'skip'")
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'content'")


def test_a_point_of_the_fitness_leads_to_its_individual(page, served):
    open_view(page, served, "overview")
    click_point(page, "#figure-fitness .points path.point >> nth=25")  # the first ones are out of range
    page.wait_for_function(DRAWN)
    page.wait_for_selector("img.network.only-light", state="attached")
    page.wait_for_url("**/individual?*id=*")


def test_the_tree_is_filtered_searched_folded_and_coloured(page, served):
    open_view(page, served, "tree")
    page.wait_for_function(f"{NODES} === 60")
    page.fill("#tree-where", "parameters < 150 and generation >= 2")
    page.press("#tree-where", "Enter")
    page.wait_for_function(f"{NODES} > 0 && {NODES} < 60")
    sees(page, "#tree-said", "filter found")
    page.fill("#tree-where", "parametres < 150")
    page.press("#tree-where", "Enter")
    page.wait_for_function("document.getElementById('tree-said').textContent.includes('parametres')")
    page.click("#tree-reset")
    page.wait_for_function(f"{NODES} === 60")
    page.wait_for_function("document.getElementById('tree-where').value === ''")
    page.wait_for_load_state("networkidle")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    page.wait_for_function("document.activeElement.id === 'tree-search'")
    page.keyboard.type("12")
    page.wait_for_function("document.getElementById('tree-search').value === '12'")
    page.keyboard.press("Enter")
    sees(page, "#tree-kin h2", "Individual 12")
    page.click("#tree-kin button:has-text('Fold')")
    page.wait_for_function(f"{NODES} < 60")
    page.click("#tree-kin button:has-text('Unfold')")
    page.wait_for_function(f"{NODES} === 60")
    page.click("#tree-kin button.link >> nth=0")
    page.wait_for_function("document.querySelector('#tree-kin h2').textContent !== 'Individual 12'")
    before = page.evaluate("document.getElementById('tree-graph')._cyreg.cy.zoom()")
    page.click("#tree-in")
    page.wait_for_function("before => document.getElementById('tree-graph')._cyreg.cy.zoom() > before", arg=before)
    choose(page, "tree-colour", "operator")
    page.wait_for_function("document.querySelector('.swatches').textContent.includes('crossover')")


def test_a_seeded_run_and_its_source_stand_in_one_graph(page, served):
    open_view(page, served, f"tree?with={served[1]['first']}", run="second")
    page.wait_for_function(f"{NODES} === 60 + 24 + 2")
    one, two = served[1]["first"], served[1]["second"]
    crossing = "document.getElementById('tree-graph')._cyreg.cy.edges('.seed').map(e => e.source().id()).join()"
    page.wait_for_function(f"{crossing} === '{one}:5'")
    assert two != one


def test_an_individual_shows_where_it_came_from(page, served):
    open_view(page, served, "individual?id=28")
    for words in ("Individual 28", "Primary:", "Mate:", "learning.rate", "Descendants", "rung 0", "cpu:0"):
        sees(page, "main", words)
    page.wait_for_selector("img.network.only-light[alt*='Layer 1']", state="attached")
    page.fill("#individual-number", "8")
    page.press("#individual-number", "Enter")
    page.wait_for_function("document.querySelector('main h1').textContent === 'Individual 8'")
    sees(page, ".problem", "loss = nan in epoch 2")
    page.fill("#individual-number", "999")
    page.press("#individual-number", "Enter")
    page.wait_for_selector("text=There is no individual 999 in this run: they go from 0 to 59.")


def test_any_training_can_be_looked_at(page, served):
    open_view(page, served, "individual?id=33")
    sees(page, "#individual-training-told", "rung 0, seed 133")
    page.wait_for_selector("#figure-training .scatterlayer .trace", state="attached")
    choose(page, "individual-training", "final, seed 5")
    sees(page, "#individual-training-told", "gpu:7")
    sees(page, "#individual-training-told pre", "the last words")


def test_runs_are_tested_against_each_other(page, served):
    open_view(page, served, "compare", run="first")
    sees(page, "#compare-tests", "needs two runs")
    page.goto(f"{served[0]}/compare?run={served[1]['first']}&with={served[1]['second']}")
    sees(page, "#compare-tests", "they are repetitions of one configuration")


def test_the_heatmap_follows_its_choices(page, served):
    open_view(page, served, "genes")
    sees(page, "#genes-heatmap figcaption", "accuracy")
    choose(page, "genes-when", "epoch 2")
    page.wait_for_function("document.querySelector('#genes-heatmap figcaption')?.textContent.includes('epoch 2')")
    choose(page, "genes-statistic", "best")
    page.wait_for_function("document.querySelector('#genes-heatmap figcaption')?.textContent.startsWith('Best')")


def test_a_point_of_the_front_leads_to_its_individual(page, served):
    open_view(page, served, "pareto", run="pareto")
    click_point(page, "#figure-pareto .points path.point >> nth=-1")


def test_dark_is_kept_and_drawn(page, served):
    open_view(page, served, "overview")
    while (theme := page.inner_text("#theme-button")) != "Theme: dark":
        page.click("#theme-button")
        page.wait_for_function("before => document.querySelector('#theme-button').innerText !== before", arg=theme)
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    page.reload()
    page.wait_for_function(DRAWN)
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    sees(page, "#theme-button", "Theme: dark")


def test_wrong_addresses_are_told(page, served):
    address, _ = served
    page.goto(f"{address}/overview?run=00000000")
    page.wait_for_selector("text=There is no such run on this page")


def test_a_living_run_is_followed_and_its_end_and_its_loss_are_told(page, served, made, tmp_path):
    from evonas.dashboard import Access, Dashboard, Shelf, open_port

    with LineageStore.create(tmp_path / "toy", made.record("toy")) as store, RunLock(tmp_path / "toy"):
        store.add_session({}, {})
        listener = open_port("127.0.0.1", 0, strict=True)
        access = Access("127.0.0.1", listener.getsockname()[1])
        dashboard = Dashboard(Shelf([tmp_path / "toy"]), access, listener, niceness=0)
        threading.Thread(target=dashboard.serve, daemon=True).start()
        living = page.context.browser.new_page()
        living.set_default_timeout(PATIENCE)
        living.goto(access.url)
        living.wait_for_selector("text=No evaluation has ended yet.")
        breeder = made.Breeder(store)
        for number in range(10):
            breeder.done(breeder.born(number))
        living.wait_for_function("document.querySelector('.lead')?.textContent.startsWith('10 evaluations')")
        sees(living, "#status .status", "running")
        living.wait_for_function("document.getElementById('overview-facts')?.textContent.includes('Time leftabout')")
        store.set_run_status("finished", "enough")
    living.wait_for_function("document.querySelector('#status .status')?.textContent === 'finished'")
    shutil.rmtree(tmp_path / "toy")
    living.wait_for_selector("text=its directory is gone")
    living.close()
    dashboard.close()
