import { Button, Card, Group, Modal, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { IconMessagePlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { http, type Schemas } from "../api/client";
import { useLive } from "../api/live";
import { Problem } from "../api/problem";
import { useMay, usePlaces } from "../api/session";
import { Page } from "../components/Page";
import { placePath } from "../components/pick";
import { Answer, NothingHere } from "../components/states";
import { TextLink } from "../components/TextLink";
import { moment } from "../i18n/time";
import { Ago } from "./Ago";
import { ReportForm } from "./reports/ReportForm";

const KEY = ["reports"];

export function ReportsPage() {
  const { t } = useTranslation(["officer", "common"]);
  const may = useMay();
  const client = useQueryClient();
  const [writing, form] = useDisclosure();
  const told = () => {
    form.close();
    void client.invalidateQueries({ queryKey: KEY });
    notifications.show({ color: "green", message: t("told.thanks") });
  };
  if (!may("review"))
    return (
      <Page title={t("told.form")} hint={t("told.formHint")} needs="report">
        <Card withBorder maw={640}>
          <ReportForm onDone={told} />
        </Card>
      </Page>
    );
  return (
    <Page
      title={t("told.title")}
      hint={t("told.hint")}
      needs="review"
      actions={
        may("report") && (
          <Button leftSection={<IconMessagePlus size={18} aria-hidden />} onClick={form.open}>
            {t("told.form")}
          </Button>
        )
      }
    >
      <ReportList />
      <Modal
        opened={writing}
        onClose={form.close}
        title={t("told.form")}
        size="lg"
        closeButtonProps={{ "aria-label": t("common:do.close") }}
      >
        <ReportForm onDone={told} />
      </Modal>
    </Page>
  );
}

function ReportList() {
  const { t } = useTranslation(["officer", "common"]);
  const client = useQueryClient();
  const reports = useInfiniteQuery({
    queryKey: KEY,
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }) => {
      const query = { limit: 30, ...(pageParam && { cursor: pageParam }) };
      const { data } = await http.GET("/api/v1/reports", { params: { query }, signal });
      if (!data) throw new Problem(500, {});
      return data;
    },
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const known = new Set(reports.data?.pages.flatMap((page) => page.items.map((one) => one.item_id)));
  useLive((change) => {
    // What is told becomes an item of its own, which has no camera.
    const fresh = change.type === "review_item_changed" && !change.item.camera_id;
    if (fresh && !known.has(change.item.id)) void client.invalidateQueries({ queryKey: KEY });
  });
  return (
    <Answer of={{ ...reports, data: reports.data }}>
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items);
        if (items.length === 0) return <NothingHere title={t("told.none")} hint={t("told.noneHint")} />;
        return (
          <Stack gap="xs" maw={880}>
            {items.map((report) => (
              <ReportCard key={report.id} report={report} />
            ))}
            {reports.hasNextPage && (
              <Button
                variant="default"
                w="fit-content"
                loading={reports.isFetchingNextPage}
                onClick={() => void reports.fetchNextPage()}
              >
                {t("common:do.more")}
              </Button>
            )}
          </Stack>
        );
      }}
    </Answer>
  );
}

function ReportCard({ report }: { report: Schemas["ReportAnswer"] }) {
  const { t } = useTranslation("officer");
  const places = usePlaces();
  return (
    <Card withBorder padding="sm" component="article">
      <Text style={{ whiteSpace: "pre-wrap" }}>{report.text}</Text>
      <Group justify="space-between" mt={6} gap="xs">
        <Text size="sm">
          {report.sender} · {report.source === "zalo" ? t("told.zalo") : t("told.app")} ·{" "}
          {placePath(places, report.place_id)}
        </Text>
        <Text size="sm">
          {moment(report.received_at)} · <Ago when={report.received_at} /> ·{" "}
          <TextLink size="sm" to="/queue" search={{ item: report.item_id }}>
            {t("told.open")}
          </TextLink>
        </Text>
      </Group>
    </Card>
  );
}
