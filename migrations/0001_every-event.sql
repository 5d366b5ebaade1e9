CREATE TABLE "contact_claims" (
	"provider" text DEFAULT 'calcom' NOT NULL,
	"external_id" text NOT NULL,
	"seat" text DEFAULT '' NOT NULL,
	"person" text NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	"standing" text NOT NULL,
	"changed_at" timestamp with time zone NOT NULL,
	"in_campaign" boolean NOT NULL,
	CONSTRAINT "contact_claims_key" PRIMARY KEY("provider","external_id","seat")
);
--> statement-breakpoint
CREATE TABLE "contacts" (
	"person" text PRIMARY KEY NOT NULL,
	"claim_token" uuid,
	"claimed_until" timestamp with time zone,
	"written_status" text,
	"written_date" text
);
--> statement-breakpoint
CREATE TABLE "findings" (
	"provider" text DEFAULT 'calcom' NOT NULL,
	"external_id" text NOT NULL,
	"seat" text DEFAULT '' NOT NULL,
	"finding" text NOT NULL,
	"found_at" timestamp with time zone NOT NULL,
	CONSTRAINT "findings_key" PRIMARY KEY("provider","external_id","seat")
);
--> statement-breakpoint
ALTER TABLE "bookings" ADD COLUMN "twin" text;--> statement-breakpoint
ALTER TABLE "bookings" ADD COLUMN "verified_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "subject_seats" text[];--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "subject_starts_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "replaced_seat" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "lineage" text;--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "lineage_sequence" bigint;--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "series" text;--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "ends_series" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "contact_claims_of" ON "contact_claims" USING btree ("person");--> statement-breakpoint
CREATE INDEX "bookings_twins" ON "bookings" USING btree ("twin") WHERE twin is not null;--> statement-breakpoint
CREATE INDEX "deliveries_by_lineage" ON "deliveries" USING btree ("lineage") WHERE lineage is not null;--> statement-breakpoint
CREATE INDEX "deliveries_by_series" ON "deliveries" USING btree ("series") WHERE series is not null;--> statement-breakpoint
CREATE INDEX "retired_bookings_of" ON "retired_bookings" USING btree ("delivery_id");--> statement-breakpoint
CREATE INDEX "retired_bookings_by" ON "retired_bookings" USING btree ("replaced_by");