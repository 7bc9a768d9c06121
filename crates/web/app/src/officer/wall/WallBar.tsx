import { ActionIcon, Button, Group, SegmentedControl, Text, Title } from "@mantine/core";
import { IconBell, IconChevronLeft, IconChevronRight, IconMaximize, IconMinimize } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { CameraMultiSelect, PlaceSelect } from "../../components/pick";
import { LAYOUTS, type Layout, type WallSearch } from "./search";

interface Props {
  search: WallSearch;
  layout: Layout;
  pages: number;
  full: boolean;
  onFull: () => void;
  onChange: (search: WallSearch) => void;
}

/** Which cameras, how many at once, and what lies beside them. */
export function WallBar({ search, layout, pages, full, onFull, onChange }: Props) {
  const { t } = useTranslation(["officer", "common"]);
  const page = search.page ?? 1;
  return (
    <Group gap="xs">
      <Title order={1} size="h3" mr="sm">
        {t("live.title")}
      </Title>
      <PlaceSelect
        size="xs"
        w={220}
        label={undefined}
        aria-label={t("live.place")}
        placeholder={t("common:place.all")}
        action="watch"
        clearable
        value={search.place ?? null}
        onChange={(place) =>
          onChange({ ...search, place: place ?? undefined, cameras: undefined, page: undefined })
        }
      />
      <CameraMultiSelect
        size="xs"
        maw={380}
        miw={200}
        label={undefined}
        aria-label={t("live.cameras")}
        placeholder={search.cameras ? undefined : t("live.allCameras")}
        action="watch"
        value={search.cameras?.split(",") ?? []}
        onChange={(list) => onChange({ ...search, cameras: list.join(",") || undefined, page: undefined })}
      />
      <SegmentedControl
        size="xs"
        visibleFrom="sm"
        aria-label={t("live.layout")}
        data={LAYOUTS.map(String)}
        value={String(layout)}
        onChange={(value) =>
          onChange({
            ...search,
            layout: LAYOUTS.find((one) => String(one) === value),
            page: undefined,
            large: undefined,
          })
        }
      />
      {pages > 1 && (
        <Group gap={4}>
          <ActionIcon
            variant="default"
            aria-label={t("live.pagePrevious")}
            disabled={page <= 1}
            onClick={() => onChange({ ...search, page: page - 1 })}
          >
            <IconChevronLeft size={18} aria-hidden />
          </ActionIcon>
          <Text size="sm">{t("live.page", { page, all: pages })}</Text>
          <ActionIcon
            variant="default"
            aria-label={t("live.pageNext")}
            disabled={page >= pages}
            onClick={() => onChange({ ...search, page: page + 1 })}
          >
            <IconChevronRight size={18} aria-hidden />
          </ActionIcon>
        </Group>
      )}
      <Group gap="xs" ml="auto">
        <Button
          size="xs"
          variant={search.panel ? "filled" : "default"}
          aria-pressed={Boolean(search.panel)}
          leftSection={<IconBell size={16} aria-hidden />}
          onClick={() => onChange({ ...search, panel: search.panel ? undefined : true })}
        >
          {t("live.panel")}
        </Button>
        <ActionIcon
          size="md"
          variant="default"
          visibleFrom="sm"
          aria-label={full ? t("live.leaveFullscreen") : t("live.fullscreen")}
          title={full ? t("live.leaveFullscreen") : t("live.fullscreen")}
          onClick={onFull}
        >
          {full ? <IconMinimize size={18} aria-hidden /> : <IconMaximize size={18} aria-hidden />}
        </ActionIcon>
      </Group>
    </Group>
  );
}
