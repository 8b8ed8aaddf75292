using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Server.Calls;
using QuicProChat.Mesh.Server.Hooks;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Push;

namespace QuicProChat.Mesh.Server.Hosting;

/// <summary>Counters for Prometheus.</summary>
internal sealed class ServerMetrics
{
    private readonly ConcurrentDictionary<(RpcMethod Method, RpcStatus Status), long> _calls = new();
    private long _refused;

    /// <summary>Of the hook.</summary>
    internal HookCounters Hook { get; } = new();

    /// <summary>Of the push command.</summary>
    internal PushCounters Push { get; } = new();

    /// <summary>Counts a call; numbers that are no methods count as one.</summary>
    internal void Count(RpcMethod method, RpcStatus status) =>
        _calls.AddOrUpdate((Enum.IsDefined(method) ? method : 0, status), 1, (_, before) => before + 1);

    /// <summary>Counts a connection that found no place.</summary>
    internal void CountRefused() => Interlocked.Increment(ref _refused);

    /// <summary>All of them as text (Prometheus exposition format 0.0.4).</summary>
    internal string Write(ClientRegistry clients, InboxWaiters waiters, ByteBudget budget)
    {
        StringBuilder text = new();
        Head(text, "qpc_server_calls_total", "counter", "Calls by method and status.");
        foreach (((RpcMethod method, RpcStatus status), long count) in _calls.OrderBy(c => c.Key.Method)
            .ThenBy(c => c.Key.Status))
        {
            text.Append(CultureInfo.InvariantCulture,
                $"qpc_server_calls_total{{method=\"{(ushort)method}\",status=\"{(byte)status}\"}} ")
                .Append(count).Append('\n');
        }

        One(text, "qpc_server_connections", "gauge", "Connections that stand.", clients.Count);
        One(text, "qpc_server_connections_refused_total", "counter", "Connections that found no place.",
            Interlocked.Read(ref _refused));
        One(text, "qpc_server_waiting", "gauge", "Calls that wait for messages.", waiters.Count);
        One(text, "qpc_server_memory_bytes", "gauge", "Bytes of requests and answers on their way.", budget.Taken);
        WriteHook(text);
        One(text, "qpc_server_push_total", "counter", "Wake-ups handed to the push command.", Push.Handed);
        One(text, "qpc_server_push_dropped_total", "counter", "Wake-ups that had no room.", Push.Dropped);
        One(text, "qpc_server_push_restarts_total", "counter", "Restarts of the push command.", Push.Restarts);
        return text.ToString();
    }

    private void WriteHook(StringBuilder text)
    {
        const string questions = "qpc_server_hook_questions_total";
        One(text, "qpc_server_hook_events_total", "counter", "Events told to the hook.", Hook.Told);
        One(text, "qpc_server_hook_dropped_total", "counter", "Events that the hook did not take.", Hook.Dropped);
        Head(text, questions, "counter", "Registrations that the hook was asked about, by its answer.");
        foreach ((string answer, long count) in (ReadOnlySpan<(string, long)>)[
            ("allow", Hook.Allowed), ("refuse", Hook.Refused), ("none", Hook.Unanswered)])
            text.Append(CultureInfo.InvariantCulture, $"{questions}{{answer=\"{answer}\"}} {count}\n");
    }

    private static void One(StringBuilder text, string name, string type, string help, long value)
    {
        Head(text, name, type, help);
        text.Append(name).Append(' ').Append(value).Append('\n');
    }

    private static void Head(StringBuilder text, string name, string type, string help) =>
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ')
            .Append(type).Append('\n');
}
