import { Anchor, Button } from "@mantine/core";
import { IconPrinter } from "@tabler/icons-react";
import { useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../api/client";
import { Page } from "../components/Page";
import { Answer } from "../components/states";
import { language } from "../i18n";
import { Report } from "./shifts/Report";
import "./shifts/print.css";

export function ShiftPage() {
  const { t } = useTranslation(["officer", "common"]);
  const { shiftId } = useParams({ from: "/shifts/$shiftId" });
  const report = api.useQuery(
    "get",
    "/api/v1/shifts/{shift_id}/report",
    { params: { path: { shift_id: shiftId } } },
    { refetchInterval: 60_000 },
  );
  return (
    <Page
      title={t("report.title")}
      needs="review"
      actions={
        <>
          <Anchor
            className="no-print"
            href={`/api/v1/shifts/${shiftId}/report?format=html&lang=${language()}`}
            target="_blank"
            rel="noopener"
            size="sm"
          >
            {t("report.form")}
          </Anchor>
          <Button
            className="no-print"
            leftSection={<IconPrinter size={18} aria-hidden />}
            onClick={() => window.print()}
          >
            {t("common:do.print")}
          </Button>
        </>
      }
    >
      <Answer of={report}>{(data) => <Report report={data as Schemas["ShiftReportAnswer"]} />}</Answer>
    </Page>
  );
}
