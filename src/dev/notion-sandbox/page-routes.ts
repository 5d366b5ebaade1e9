import { createPage, updatePage } from './pages.ts';
import { propertyItem } from './property-items.ts';
import { readCreation, readListPart, readQueryString, readUpdate } from './request-shapes.ts';
import { chosenOf, type Ground, type Route } from './route.ts';
import { propertiesOf } from './world.ts';

/** Pages and their properties. */
export function createPageRoutes({ world, access, cursors }: Ground): Route[] {
  return [
    {
      method: 'POST',
      path: /^\/v1\/pages$/,
      needs: 'insert',
      writes: true,
      open: ({ query, body, render }) => {
        const { filter_properties } = readQueryString(query, 'filter_properties');
        const creation = readCreation(body);
        return () => {
          const { type, id } = creation.parent;
          if (type === 'page') access.find(world.pages, id, type);
          else access.find(world.dataSources, id, type);
          access.refuseInTrash(id);
          const page = createPage(world, creation);
          return render.page(page, chosenOf(propertiesOf(world, page), filter_properties));
        };
      },
    },
    {
      method: 'GET',
      path: /^\/v1\/pages\/([^/]*)$/,
      parameter: 'page_id',
      needs: 'read',
      open: ({ id, query, render }) => {
        const { filter_properties } = readQueryString(query, 'filter_properties');
        return () => {
          const page = access.find(world.pages, id, 'page');
          return render.page(page, chosenOf(propertiesOf(world, page), filter_properties));
        };
      },
    },
    {
      method: 'PATCH',
      path: /^\/v1\/pages\/([^/]*)$/,
      parameter: 'page_id',
      needs: 'update',
      writes: true,
      open: ({ id, query, body, render }) => {
        const { filter_properties } = readQueryString(query, 'filter_properties');
        const update = readUpdate(body);
        return () => {
          const page = access.find(world.pages, id, 'page');
          const only = chosenOf(propertiesOf(world, page), filter_properties);
          access.refuseInTrash(id, { unlessRestored: update.inTrash === false || update.isArchived === false });
          updatePage(world, page, update);
          return render.page(page, only);
        };
      },
    },
    {
      method: 'GET',
      path: /^\/v1\/pages\/([^/]*)\/properties\/([^/]+)$/,
      parameter: 'page_id',
      needs: 'read',
      open: ({ id, name, query }) => {
        const part = readListPart(query);
        return () => propertyItem(world, access.find(world.pages, id, 'page'), name, part, cursors);
      },
    },
  ];
}
