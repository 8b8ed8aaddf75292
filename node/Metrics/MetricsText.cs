using System.Globalization;
using System.Text;

namespace QuicProChat.Mesh.Node.Metrics;

/// <summary>Writes Prometheus' text format, version 0.0.4.</summary>
internal sealed class MetricsText
{
    internal const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();

    internal MetricsText Gauge(string name, string help, double value) =>
        Family(name, help, "gauge").Sample(name, null, value);

    internal MetricsText Counter(string name, string help, double value) =>
        Family(name, help, "counter").Sample(name, null, value);

    /// <summary>Begins a family with labels; <see cref="Sample"/> follows for each.</summary>
    internal MetricsText Family(string name, string help, string type)
    {
        _text.Append("# HELP ").Append(name).Append(' ').Append(help).Append('\n');
        _text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
        return this;
    }

    internal MetricsText Sample(string name, string? labels, double value)
    {
        _text.Append(name);
        if (labels is not null)
            _text.Append('{').Append(labels).Append('}');
        _text.Append(' ').Append(value.ToString(CultureInfo.InvariantCulture)).Append('\n');
        return this;
    }

    /// <summary>A label's value, escaped.</summary>
    internal static string Label(string name, string value) =>
        name + "=\"" + value
            .Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal) + "\"";

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();
}
