"""Figure builders: frames and arrays in, plotly figures out; none of them imports streamlit."""
