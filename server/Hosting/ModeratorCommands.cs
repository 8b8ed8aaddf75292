using System.CommandLine;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Server.Stores;
using QuicProChat.Mesh.Server.Stores.Postgres;
using QuicProChat.Mesh.Server.Stores.Sqlite;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Server.Hosting;

/// <summary>
/// <c>moderator add|remove|list</c>: who reads reports and bans is decided by whoever can write the store. The server
/// may be running.
/// </summary>
internal static class ModeratorCommands
{
    /// <summary>Makes the commands.</summary>
    internal static Command Make(
        Option<string> directory, Option<string> store, Func<string, PostgresConnection?> readStore,
        Func<Func<Task>, Task<int>> guard)
    {
        Command moderator = new("moderator", "Users who read reports and ban; the server may be running.");
        foreach ((string name, string description, bool adds) in new[]
        {
            ("add", "Makes a user a moderator.", true), ("remove", "Makes a user none.", false),
        })
        {
            Argument<string> user = new("USER") { Description = "A registered name." };
            Command command = new(name, description) { user, directory, store };
            command.SetAction((parsed, _) => guard(async () =>
            {
                string username = parsed.GetRequiredValue(user);
                bool done = readStore(parsed.GetRequiredValue(store)) is { } postgres
                    ? await WithAsync(postgres, m => adds ? m.AddModeratorAsync(username)
                        : m.RemoveModeratorAsync(username))
                    : SqliteModerators.With(parsed.GetRequiredValue(directory),
                        m => adds ? m.Add(username, new StoreLimits().MaxModerators) : m.Remove(username));
                if (!done)
                    throw new StoreException(
                        StoreError.Internal, adds ? $"nobody is called {username}" : $"{username} is no moderator");
                Console.WriteLine(adds ? $"{username} is a moderator" : $"{username} is no moderator any more");
            }));
            moderator.Add(command);
        }

        Command list = new("list", "Lists moderators.") { directory, store };
        list.SetAction((parsed, _) => guard(async () =>
        {
            IReadOnlyList<(string Username, IdentityKey Identity)> all =
                readStore(parsed.GetRequiredValue(store)) is { } postgres
                    ? await WithAsync(postgres, static m => m.ListModeratorsAsync())
                    : SqliteModerators.With(parsed.GetRequiredValue(directory), static m => m.List());
            foreach ((string username, IdentityKey identity) in all)
                Console.WriteLine($"{username}  {Convert.ToHexStringLower(identity.ToArray())}");
        }));
        moderator.Add(list);
        return moderator;
    }

    private static async Task<T> WithAsync<T>(PostgresConnection postgres, Func<IModerationStore, Task<T>> work)
    {
        await using PostgresServerStore store = await PostgresServerStore.OpenAsync(
            postgres, make: false, new StoreLimits(), TimeProvider.System, RandomSource.System);
        return await work(store.Moderation);
    }
}
