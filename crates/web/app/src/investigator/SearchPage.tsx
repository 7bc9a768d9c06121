import { Button, Drawer, Group, Loader, SegmentedControl, Skeleton, Text } from "@mantine/core";
import { useDisclosure, useMediaQuery } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { IconAdjustments, IconRefresh, IconShare3 } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { lazy, useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Later } from "../components/Later";
import { Page } from "../components/Page";
import { useCameras } from "../components/pick";
import { Failed, Loading, NothingHere } from "../components/states";
import { rfc3339 } from "../i18n/time";
import { AlongRoute } from "./search/AlongRoute";
import { FilterPanel } from "./search/FilterPanel";
import { type Filter, type Period, periodOf, queryOf, type Shape, wayOf } from "./search/filter";
import { Histogram } from "./search/Histogram";
import { ResultGrid } from "./search/ResultGrid";
import classes from "./search/search.module.css";
import { useEventSearch } from "./search/useEventSearch";

const SearchMap = lazy(() => import("./search/SearchMap"));
const EventDrawer = lazy(() => import("./search/EventDrawer"));
const route = getRouteApi("/search");

/** Search by time and place together. */
export function SearchPage() {
  const { t } = useTranslation("investigator");
  const [now, setNow] = useState(Date.now);
  return (
    <Page
      title={t("search.title")}
      needs="review"
      actions={
        <>
          <ShareButton />
          <Button
            variant="default"
            size="sm"
            leftSection={<IconRefresh size={18} aria-hidden />}
            onClick={() => setNow(Date.now())}
          >
            {t("search.refresh")}
          </Button>
        </>
      }
    >
      <Search now={now} onNow={() => setNow(Date.now())} />
    </Page>
  );
}

function ShareButton() {
  const { t } = useTranslation(["investigator", "common"]);
  if (!navigator.clipboard) return null;
  return (
    <Button
      variant="subtle"
      size="sm"
      visibleFrom="sm"
      leftSection={<IconShare3 size={18} aria-hidden />}
      onClick={async () => {
        await navigator.clipboard.writeText(window.location.href);
        notifications.show({ message: t("search.shared") });
      }}
    >
      {t("search.share")}
    </Button>
  );
}

function Search({ now, onNow }: { now: number; onNow: () => void }) {
  const { t } = useTranslation(["investigator", "common"]);
  const filter = route.useSearch();
  const navigate = route.useNavigate();
  const phone = useMediaQuery("(max-width: 62em)");
  const [filtersOpen, filters] = useDisclosure(false);
  const [view, setView] = useState("pictures");
  const [wide, setWide] = useState(false);
  const cameras = useCameras().data?.items;

  const { event: opened, ...asked } = filter;
  const key = JSON.stringify(asked);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says all that the filter says.
  const period = useMemo(() => periodOf(asked, now), [key, now]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same.
  const query = useMemo(() => queryOf(asked, period), [key, period]);
  const search = useEventSearch(query, period);
  const { events, counts: counted } = search;
  const counts = useMemo(() => {
    if (counted) return new Map(counted.cameras.map((one) => [one.camera_id, one.count]));
    const found = new Map<string, number>();
    for (const event of events) found.set(event.camera_id, (found.get(event.camera_id) ?? 0) + 1);
    return found;
  }, [events, counted]);
  const change = useCallback(
    (changed: Partial<Filter>) =>
      void navigate({ search: (before: Filter) => ({ ...before, ...changed }), replace: true }),
    [navigate],
  );
  const { hasNextPage, isFetching, fetchNextPage } = search;
  const more = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  const narrow = (to: Period) => change({ from: rfc3339(to.from), to: rfc3339(to.to), period: undefined });
  const toggleCamera = (id: string) => {
    const chosen = filter.cameras ?? [];
    const next = chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id];
    change({ cameras: next.length ? next : undefined, zone: undefined });
  };
  const known =
    hasNextPage && !counted ? Date.parse(events.at(-1)?.first_seen ?? rfc3339(period.to)) : period.from;

  const panel = (
    <FilterPanel
      filter={filter}
      period={period}
      onChange={(changed) => {
        if (changed.period) onNow();
        change(changed);
      }}
      onClear={() => void navigate({ search: {}, replace: true })}
    />
  );
  const count = (
    <Group gap="xs" mb={6} mih={22} wrap="nowrap" role="status">
      <Text size="sm" fw={600}>
        {search.isError && events.length === 0
          ? ""
          : search.isPending || search.isPlaceholderData
            ? t("search.searching")
            : search.total !== undefined && search.total > events.length
              ? t(search.exact ? "search.someOf" : "search.someOfAbout", {
                  shown: events.length,
                  count: search.total,
                })
              : t("search.found", { count: events.length })}
      </Text>
      {search.isFetching && <Loader size={14} />}
    </Group>
  );
  const results =
    search.isError && events.length === 0 ? (
      <Failed error={search.error} retry={() => void search.refetch()} />
    ) : search.isPending ? (
      <Loading />
    ) : events.length === 0 ? (
      <NothingHere title={t("search.nothing")} hint={t("search.nothingHint")} />
    ) : (
      <ResultGrid events={events} open={opened} onOpen={(event) => change({ event })} onEnd={more} />
    );
  const timeline = (
    <Histogram events={events} counted={counted?.columns} period={period} known={known} onNarrow={narrow} />
  );
  const way = wayOf(filter.shape);
  const map = (
    <>
      <Later fallback={<Skeleton h="100%" mih={240} />}>
        {cameras && (
          <SearchMap
            cameras={cameras}
            counts={counts}
            chosen={filter.cameras ?? []}
            onCamera={toggleCamera}
            shape={filter.shape}
            onShape={(shape: Shape | undefined) => change({ shape })}
            wide={wide}
            onWide={phone ? undefined : setWide}
          />
        )}
      </Later>
      {way && <AlongRoute way={way} from={period.from} />}
    </>
  );
  return (
    <>
      {phone ? (
        <div className={classes.phone}>
          <Group gap="xs" wrap="nowrap">
            <Button
              variant="default"
              leftSection={<IconAdjustments size={18} aria-hidden />}
              onClick={filters.open}
            >
              {t("search.filters")}
            </Button>
            <SegmentedControl
              fullWidth
              flex={1}
              aria-label={t("search.view")}
              value={view}
              onChange={setView}
              data={["pictures", "map"].map((one) => ({
                value: one,
                label: t(`search.as_${one as "pictures" | "map"}`),
              }))}
            />
          </Group>
          {timeline}
          {view === "map" ? (
            <div className={classes.map} style={{ flex: 1 }}>
              {map}
            </div>
          ) : (
            <div className={classes.results} style={{ flex: 1 }}>
              {count}
              {results}
            </div>
          )}
          <Drawer
            opened={filtersOpen}
            onClose={filters.close}
            title={t("search.filters")}
            closeButtonProps={{ "aria-label": t("common:do.close") }}
          >
            {panel}
            <Button fullWidth mt="md" onClick={filters.close}>
              {t("search.showResults")}
            </Button>
          </Drawer>
        </div>
      ) : (
        <div className={classes.layout} data-wide={wide || undefined}>
          <section className={classes.filters} aria-label={t("search.filters")}>
            {panel}
          </section>
          <div className={classes.timeline}>{timeline}</div>
          <div className={classes.results}>
            {count}
            {results}
          </div>
          <div className={classes.map}>{map}</div>
        </div>
      )}
      {opened && (
        <Later>
          <EventDrawer id={opened} onClose={() => change({ event: undefined })} />
        </Later>
      )}
    </>
  );
}
