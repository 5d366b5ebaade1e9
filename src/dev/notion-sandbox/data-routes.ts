import { readQuery, readSearch } from './filter-shapes.ts';
import { listOf } from './lists.ts';
import { createDatabase } from './pages.ts';
import { runQuery } from './query.ts';
import { readDatabaseCreation, readQueryString } from './request-shapes.ts';
import { chosenOf, type Ground, type Route } from './route.ts';
import { runSearch } from './search.ts';

/** Who asks, what there is, and what is in it. */
export function createDataRoutes({ world, access, cursors, equals }: Ground): Route[] {
  return [
    { method: 'GET', path: /^\/v1\/users\/me$/, open: ({ render }) => render.bot },
    {
      method: 'POST',
      path: /^\/v1\/search$/,
      needs: 'read',
      open: ({ body, render }) => {
        const search = readSearch(body);
        return () => {
          const { items, nextCursor } = runSearch(world, search, cursors);
          const results = items.map((item) =>
            'page' in item ? render.page(item.page) : render.dataSource(item.source),
          );
          return listOf('page_or_data_source', { items: results, nextCursor });
        };
      },
    },
    {
      method: 'GET',
      path: /^\/v1\/databases\/([^/]*)$/,
      parameter: 'database_id',
      needs: 'read',
      open:
        ({ id, render }) =>
        () =>
          render.database(access.find(world.databases, id, 'database')),
    },
    {
      method: 'POST',
      path: /^\/v1\/databases$/,
      needs: 'insert',
      writes: true,
      open: ({ body, render }) => {
        const creation = readDatabaseCreation(body);
        return () => {
          access.find(world.pages, creation.pageId, 'page');
          for (const { relatedTo } of creation.columns) {
            if (relatedTo !== undefined) access.find(world.dataSources, relatedTo, 'data_source');
          }
          access.refuseInTrash(creation.pageId);
          return render.database(createDatabase(world, creation));
        };
      },
    },
    {
      method: 'GET',
      path: /^\/v1\/data_sources\/([^/]*)$/,
      parameter: 'data_source_id',
      needs: 'read',
      open:
        ({ id, render }) =>
        () =>
          render.dataSource(access.find(world.dataSources, id, 'data_source')),
    },
    {
      method: 'POST',
      path: /^\/v1\/data_sources\/([^/]*)\/query$/,
      parameter: 'data_source_id',
      needs: 'read',
      open: ({ id, query, body, render }) => {
        const { filter_properties } = readQueryString(query, 'filter_properties');
        const asked = readQuery(body);
        return () => {
          const source = access.find(world.dataSources, id, 'data_source');
          const only = chosenOf(source.properties, filter_properties);
          const { items, nextCursor, isIncomplete } = runQuery(world, source, asked, cursors, equals);
          return {
            ...listOf('page_or_data_source', { items: items.map((page) => render.page(page, only)), nextCursor }),
            request_status: isIncomplete
              ? { type: 'incomplete', incomplete_reason: 'query_result_limit_reached' }
              : { type: 'complete' },
          };
        };
      },
    },
  ];
}
