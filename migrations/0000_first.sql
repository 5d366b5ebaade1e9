CREATE TABLE "booking_history" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "booking_history_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"provider" text DEFAULT 'calcom' NOT NULL,
	"external_id" text NOT NULL,
	"seat" text DEFAULT '' NOT NULL,
	"action" text NOT NULL,
	"old" jsonb,
	"new" jsonb,
	"actor" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "bookings" (
	"provider" text DEFAULT 'calcom' NOT NULL,
	"external_id" text NOT NULL,
	"seat" text DEFAULT '' NOT NULL,
	"status" text NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	"attendee_name" text,
	"attendee_email" text,
	"title" text,
	"report" jsonb,
	"state" "bytea",
	"revision" integer DEFAULT 0 NOT NULL,
	"is_over" boolean DEFAULT false NOT NULL,
	"first_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"recorded_at" timestamp with time zone,
	CONSTRAINT "bookings_key" PRIMARY KEY("provider","external_id","seat")
);
--> statement-breakpoint
CREATE TABLE "deliveries" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "deliveries_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"source" text NOT NULL,
	"body_hash" "bytea" NOT NULL,
	"body" "bytea",
	"event" "bytea",
	"event_id" text,
	"event_kind" text,
	"occurred_at" timestamp with time zone,
	"subject_uid" text,
	"subject_seat" text DEFAULT '' NOT NULL,
	"replaced_uid" text,
	"trigger" text,
	"status" text NOT NULL,
	"reason" text,
	"warnings" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"headers" jsonb NOT NULL,
	"signature" text NOT NULL,
	"secret_number" integer,
	"received_at" timestamp with time zone NOT NULL,
	"due_at" timestamp with time zone DEFAULT now() NOT NULL,
	"claimed_until" timestamp with time zone,
	"attempts" integer DEFAULT 0 NOT NULL,
	"refusals" integer DEFAULT 0 NOT NULL,
	"last_error" text,
	"dispatched_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "reminders" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "reminders_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"provider" text DEFAULT 'calcom' NOT NULL,
	"external_id" text NOT NULL,
	"seat" text DEFAULT '' NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"step" text NOT NULL,
	"recipient_hash" text NOT NULL,
	"address" text,
	"due_at" timestamp with time zone NOT NULL,
	"state" text NOT NULL,
	"reason" text,
	"message_id" text,
	"mail" "bytea",
	"claim_token" uuid,
	"possible_duplicate" boolean DEFAULT false NOT NULL,
	"sent_at" timestamp with time zone,
	"last_error" text,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "retired_bookings" (
	"provider" text DEFAULT 'calcom' NOT NULL,
	"external_id" text NOT NULL,
	"seat" text DEFAULT '' NOT NULL,
	"replaced_by" text NOT NULL,
	"delivery_id" bigint NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "retired_bookings_key" PRIMARY KEY("provider","external_id","seat")
);
--> statement-breakpoint
ALTER TABLE "retired_bookings" ADD CONSTRAINT "retired_bookings_delivery_id_deliveries_id_fk" FOREIGN KEY ("delivery_id") REFERENCES "public"."deliveries"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "booking_history_of" ON "booking_history" USING btree ("provider","external_id","seat","id");--> statement-breakpoint
CREATE INDEX "bookings_by_start" ON "bookings" USING btree ("starts_at","external_id","seat");--> statement-breakpoint
CREATE INDEX "bookings_live" ON "bookings" USING btree ("external_id","seat") WHERE not is_over;--> statement-breakpoint
CREATE INDEX "bookings_with_people" ON "bookings" USING btree ("ends_at") WHERE attendee_email is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "deliveries_repeats" ON "deliveries" USING btree ("source","body_hash");--> statement-breakpoint
CREATE INDEX "deliveries_pending" ON "deliveries" USING btree ("due_at","id") WHERE status = 'pending';--> statement-breakpoint
CREATE INDEX "deliveries_by_status" ON "deliveries" USING btree ("status","id");--> statement-breakpoint
CREATE INDEX "deliveries_by_subject" ON "deliveries" USING btree ("subject_uid");--> statement-breakpoint
CREATE INDEX "deliveries_by_replaced" ON "deliveries" USING btree ("replaced_uid") WHERE replaced_uid is not null;--> statement-breakpoint
CREATE INDEX "deliveries_with_body" ON "deliveries" USING btree ("received_at") WHERE body is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "reminders_key" ON "reminders" USING btree ("provider","external_id","seat","starts_at","step","recipient_hash");--> statement-breakpoint
CREATE UNIQUE INDEX "reminders_claim" ON "reminders" USING btree ("claim_token") WHERE claim_token is not null;--> statement-breakpoint
CREATE INDEX "reminders_with_address" ON "reminders" USING btree ("starts_at") WHERE address is not null;