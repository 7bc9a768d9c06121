import { Badge, Button, Center, Group, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { usePlaces } from "../../api/session";
import { useCameraById } from "../../components/pick";
import { said } from "../../i18n";
import { Ago } from "../Ago";
import type { Item } from "./order";
import classes from "./queue.module.css";
import type { QueueSearch } from "./search";

interface Props {
  items: Item[];
  chosen: string | undefined;
  search: QueueSearch;
  more?: () => void;
  loadingMore: boolean;
}

/** What is to review, a row each. */
export function QueueList({ items, chosen, search, more, loadingMore }: Props) {
  const { t } = useTranslation("officer");
  const frame = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => frame.current,
    estimateSize: () => 92,
    getItemKey: (at) => items[at]?.id ?? at,
    overscan: 6,
  });
  const at = items.findIndex((item) => item.id === chosen);
  useEffect(() => {
    if (at >= 0) rows.scrollToIndex(at, { align: "auto" });
  }, [at, rows]);
  return (
    <div ref={frame} className={classes.list}>
      <ul
        aria-label={t("queue.list")}
        style={{
          position: "relative",
          height: rows.getTotalSize(),
          margin: 0,
          padding: 0,
          listStyle: "none",
        }}
      >
        {rows.getVirtualItems().map((row) => {
          const item = items[row.index];
          if (!item) return null;
          return (
            <li key={row.key}>
              <Link
                to="/queue"
                search={{ ...search, item: item.id }}
                replace={chosen !== undefined}
                ref={rows.measureElement}
                data-index={row.index}
                data-keys
                data-item={item.id}
                data-chosen={item.id === chosen}
                aria-current={item.id === chosen ? "true" : undefined}
                className={classes.row}
                style={{ transform: `translateY(${row.start}px)` }}
              >
                <Row item={item} />
              </Link>
            </li>
          );
        })}
      </ul>
      {more && (
        <Center p="sm">
          <Button variant="default" size="xs" loading={loadingMore} onClick={more}>
            {t("queue.more")}
          </Button>
        </Center>
      )}
    </div>
  );
}

function Row({ item }: { item: Item }) {
  const { t } = useTranslation(["officer", "common"]);
  const camera = useCameraById().get(item.camera_id ?? "");
  const place = usePlaces().get(item.place_id);
  return (
    <>
      <span className={classes.bar} data-severity={item.severity} />
      <div className={classes.rowText}>
        <Group justify="space-between" wrap="nowrap" gap="xs">
          <Text size="xs" fw={700} c={item.severity === "alarm" ? "red" : undefined}>
            {t(`common:severity.${item.severity}`)}
          </Text>
          <Text size="xs" c="dimmed">
            <Ago when={item.first_at} />
            {item.firings > 1 && <> · {t("queue.firings", { count: item.firings })}</>}
          </Text>
        </Group>
        <Text size="sm" fw={500} lineClamp={2}>
          {said(item.why)}
        </Text>
        <Group justify="space-between" wrap="nowrap" gap="xs">
          <Text size="xs" c="dimmed" truncate>
            {[camera?.name, place?.name].filter(Boolean).join(" · ")}
          </Text>
          {item.state !== "new" && (
            <Badge size="xs" variant="default" style={{ flexShrink: 0 }}>
              {item.officer
                ? `${t(`state.${item.state}`)}: ${item.officer.username}`
                : t(`state.${item.state}`)}
            </Badge>
          )}
        </Group>
      </div>
    </>
  );
}
