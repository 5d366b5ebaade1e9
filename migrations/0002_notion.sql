CREATE TABLE "briefs" (
	"provider" text DEFAULT 'calcom' NOT NULL,
	"external_id" text NOT NULL,
	"seat" text DEFAULT '' NOT NULL,
	"state" text NOT NULL,
	"reason" text,
	"page_id" text,
	"text_hash" text,
	"blocks" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"pending" "bytea",
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "briefs_key" PRIMARY KEY("provider","external_id","seat")
);
--> statement-breakpoint
CREATE TABLE "notion_pace" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"due_at" timestamp with time zone,
	"background_due_at" timestamp with time zone,
	"held_until" timestamp with time zone,
	"slow_since" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "contacts" ADD COLUMN "attempted_status" text;--> statement-breakpoint
ALTER TABLE "contacts" ADD COLUMN "attempted_date" text;--> statement-breakpoint
CREATE INDEX "briefs_pending" ON "briefs" USING btree ("updated_at") WHERE pending is not null;