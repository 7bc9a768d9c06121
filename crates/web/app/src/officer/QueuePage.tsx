import { Title } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconCircleCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Answer, Failed, Loading, Needs, NothingHere } from "../components/states";
import { ItemView } from "./queue/ItemView";
import type { Item } from "./queue/order";
import { QueueFilters } from "./queue/QueueFilters";
import { QueueList } from "./queue/QueueList";
import classes from "./queue/queue.module.css";
import { named, OPEN, type QueueSearch, SEVERITIES, STATES } from "./queue/search";
import type { Step } from "./queue/steps";
import { detailOptions, useQueue } from "./queue/useQueue";
import { type Choice, useSteps } from "./queue/useSteps";

/** How many of the items that follow are made ready. */
const READY = 2;

export function QueuePage() {
  const { t } = useTranslation(["officer", "common"]);
  useEffect(() => {
    document.title = `${t("queue.title")} – ${t("common:app.name")}`;
  }, [t]);
  return (
    <Needs action="review">
      <Queue />
    </Needs>
  );
}

function Queue() {
  const { t } = useTranslation(["officer", "common"]);
  const search = useSearch({ from: "/queue" });
  const navigate = useNavigate({ from: "/queue" });
  const wide = useMediaQuery("(min-width: 62em)", window.innerWidth >= 992);
  const states = named(search.state, STATES);
  const { query, items, counts, put } = useQueue({
    states: states.length > 0 ? states : OPEN,
    severities: named(search.severity, SEVERITIES),
    place: search.place,
  });
  const at = items.findIndex((item) => item.id === search.item);
  const listed = items[at];
  const elsewhere = useQuery({
    ...detailOptions(search.item ?? ""),
    enabled: Boolean(search.item) && !listed && !query.isPending,
  });
  const item = listed ?? (search.item ? elsewhere.data : undefined);

  const open = useCallback(
    (to: Item | undefined) =>
      void navigate({ search: (now: QueueSearch) => ({ ...now, item: to?.id }), replace: true }),
    [navigate],
  );
  const steps = useSteps(put, open);
  // Where there is room for an item beside the list, the first is opened.
  const first = items[0];
  useEffect(() => {
    if (wide && !search.item && first) open(first);
  }, [wide, search.item, first, open]);

  const go = (by: 1 | -1) => {
    const to = at < 0 ? items[0] : items[at + by];
    if (to) open(to);
  };
  const decide = (step: Step, choice?: Choice) => {
    if (!item) return;
    // What was decided may leave the list, or may stay in it.
    open(items[at + 1] ?? items[at - 1]);
    void steps.decide(item, step, choice);
  };
  const filtered = Boolean(search.severity || search.state || search.place);

  return (
    <div className={classes.page} data-shown={search.item ? "item" : "list"}>
      <section className={classes.side} aria-label={t("queue.list")}>
        <div className={classes.head}>
          <Title order={1} size="h3" mb={4}>
            {t("queue.title")}
          </Title>
          <QueueFilters
            search={search}
            counts={counts}
            onChange={(to) => void navigate({ search: { ...to, item: undefined }, replace: true })}
          />
        </div>
        <Answer of={{ ...query, data: query.data }}>
          {() =>
            items.length > 0 ? (
              <QueueList
                items={items}
                chosen={item?.id}
                search={search}
                more={query.hasNextPage ? () => void query.fetchNextPage() : undefined}
                loadingMore={query.isFetchingNextPage}
              />
            ) : (
              <NothingHere
                icon={<IconCircleCheck size={44} stroke={1.2} aria-hidden />}
                title={t(filtered ? "queue.emptyFiltered" : "queue.empty")}
                hint={t(filtered ? "queue.emptyFilteredHint" : "queue.emptyHint")}
              />
            )
          }
        </Answer>
      </section>
      <section className={classes.item} aria-label={t("queue.chosen")}>
        {item ? (
          <ItemView
            item={item}
            next={items.slice(at + 1, at + 1 + READY)}
            search={search}
            onGo={go}
            onStep={(step, choice) => void steps.take(item, step, choice)}
            onDecide={decide}
            onUndo={steps.undoLast}
          />
        ) : search.item && (elsewhere.isLoading || query.isPending) ? (
          <Loading />
        ) : search.item && elsewhere.isError ? (
          elsewhere.error ? (
            <Failed error={elsewhere.error} retry={() => open(undefined)} />
          ) : null
        ) : (
          items.length > 0 && <NothingHere title={t("queue.choose")} />
        )}
      </section>
    </div>
  );
}
